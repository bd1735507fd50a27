#include <hush/lesson.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/graph.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/cuda/rehearsal.hpp>
#include <hush/draws/discrete_uniform.hpp>
#include <hush/nn/walk.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/schedules/linear_beta.hpp>

using namespace hush;

namespace {

using Gpu = Cuda<float, Rehearsal>;
using Half = Cuda<bf16, Rehearsal>;
using Cpus = Cpu<float>;

/// y = w x, a number a pixel: all that a pass needs of a network.
template <class B>
struct Weights {
  using backend = B;
  Parameter<B> w{B{}, {2, 2, 2, 1}, Init::ones()};
  Weights() { fill(B{}, 8, 0.5, w.value.data()); }
  B on() const { return {}; }
  template <Value V>
  V operator()(const Input<V>& input) const {
    return apply(ops::Multiply{}, input.image, in_scalars(w));
  }
};

const Process process{LinearBeta{.steps = 100}, PredictX0{}};
const std::vector<std::uint32_t> images{4, 9};

template <class F>
Tensor<F> clean(const F& on) {
  const std::vector<double> pixels{-1, -0.5, 0, 0.5, 1, 0.25, -0.25, 0.75};
  return upload(on, {2, 2, 2, 1}, std::span<const double>(pixels));
}

}  // namespace

TEST_CASE("lesson: x_t is signal x0 + noise eps, the target what the parameterization says, image by image") {
  const auto x0 = clean(Cpus{});
  const Lesson<Cpus> all = lesson(process, DrawRule(DiscreteUniform{}), x0, images, {.seed = 3, .step = 5});
  CHECK(download<float>(all.target) == download<float>(x0));
  const auto eps = download<double>(normal_images(Cpus{}, x0.shape(), Stream{3, 0, 5, purpose("noise", 0)}, images));
  const auto xt = download<double>(all.xt), clear = download<double>(x0);
  for (std::size_t i = 0; i < xt.size(); ++i) {
    const Level& level = all.levels[i / 4];
    CHECK(xt[i] == doctest::Approx(level.signal * clear[i] + level.noise * eps[i]).epsilon(1e-6));
  }
  // An image's lesson belongs to its number, not to its place.
  const Lesson<Cpus> second = lesson(process, DrawRule(DiscreteUniform{}), x0.part(4, {1, 2, 2, 1}),
                                     std::span(images).subspan(1), {.seed = 3, .step = 5});
  CHECK(second.levels[0].time == all.levels[1].time);
  CHECK(download<float>(second.xt) == download<float>(all.xt.part(4, {1, 2, 2, 1})));
  // Validation draws others, and so does the next step.
  CHECK(download<float>(lesson(process, DrawRule(DiscreteUniform{}), x0, images, {3, 5, 1}).xt) !=
        download<float>(all.xt));
  CHECK(download<float>(lesson(process, DrawRule(DiscreteUniform{}), x0, images, {3, 6, 0}).xt) !=
        download<float>(all.xt));
}

TEST_CASE("lesson: the same noise on a GPU, to the last bit") {
  const auto cpu = lesson(process, DrawRule(DiscreteUniform{}), clean(Cpus{}), images, {3, 5, 0});
  const auto gpu = lesson(process, DrawRule(DiscreteUniform{}), clean(Gpu{}), images, {3, 5, 0});
  const auto a = download<float>(cpu.xt), b = download<float>(gpu.xt);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-6));
}

TEST_CASE_TEMPLATE("pass: recorded or not, the same errors and gradients, also with part of a batch at a time", B, Gpu,
                   Half) {
  const auto run = [](bool record, double share) {
    Weights<B> net;
    Pass<Weights<B>> pass(net, share, record);
    std::vector<double> all;
    for (std::uint32_t step = 0; step < 4; ++step) {
      if (!net.w.grad.empty()) fill(B{}, 8, 0, net.w.grad.data());
      const auto shown = lesson(process, DrawRule(DiscreteUniform{}), clean(Gpu{}), images, {3, step, 0});
      const auto error = pass({process.input(B{}, shown.xt, shown.levels, {}), shown.target}, {3, step, images});
      all.push_back(download<double>(error)[0]);
      for (const double g : download<double>(net.w.grad)) all.push_back(g);
    }
    return all;
  };
  const auto once = run(false, 1);
  CHECK(once == run(true, 1));
  const auto half = run(true, 0.5);
  CHECK(half[0] == once[0]);
  CHECK(half[1] == doctest::Approx(once[1] / 2).epsilon(1e-2));
  double sum = 0;
  for (const double v : once) sum += std::abs(v);
  CHECK(sum > 1);
}
