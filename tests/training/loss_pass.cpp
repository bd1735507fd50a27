#include <hush/training/loss_pass.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/learned_variance.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/known_pixels.hpp>
#include <hush/cuda/learned_variance.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/level_distributions/discrete_uniform.hpp>
#include <hush/nn/walk.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/training/noised_batch.hpp>
#include <hush/weightings/snr.hpp>

#include "two_images.hpp"

using namespace hush;
using detail::LossPass, detail::noised_batch;
using two_images::clean, two_images::images, two_images::key, two_images::process;

namespace {

using Gpu = Cuda<float, HostGpu>;
using Half = Cuda<bf16, HostGpu>;
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

}  // namespace

TEST_CASE_TEMPLATE("loss pass: recorded or not, the same errors and gradients, also with part of a batch at a time", B,
                   Gpu, Half) {
  const auto run = [](bool record, double share) {
    Weights<B> net;
    LossPass<Weights<B>> pass(net, record);
    std::vector<double> all;
    for (std::uint32_t step = 0; step < 4; ++step) {
      if (!net.w.grad.empty()) fill(B{}, 8, 0, net.w.grad.data());
      const auto shown = noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), clean(Gpu{}), key(step));
      const auto error =
          pass({process.input(B{}, shown.xt, shown.levels, {}), shown.target, {}, {}, {}, {}, share}, key(step));
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

TEST_CASE_TEMPLATE("loss pass: a weighted error and its gradient are those of the formula, recorded or not", B, Cpus,
                   Gpu) {
  for (const bool record : {false, true}) {
    Weights<B> net;
    LossPass<Weights<B>> pass(net, record);
    for (std::uint32_t step = 0; step < 4; ++step) {
      if (!net.w.grad.empty()) fill(B{}, 8, 0, net.w.grad.data());
      const auto shown = noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), clean(B{}), key(step), 1,
                                      [](Level at, const Scalings&) { return at.time; });
      const auto error = pass(
          {process.input(B{}, shown.xt, shown.levels, {}), shown.target, shown.weights, {}, {}, {}, 0.5}, key(step));
      const auto x = download<double>(shown.xt), target = download<double>(shown.target);
      const auto slope = download<double>(net.w.grad);
      double wanted = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        const double weight = shown.levels[i / 4].time, off = 0.5 * x[i] - target[i];
        wanted += weight * off * off / 8;
        CHECK(slope[i] == doctest::Approx(0.5 * weight * 2 * off * x[i] / 8).epsilon(1e-5));
      }
      CHECK(download<double>(error)[0] == doctest::Approx(wanted).epsilon(1e-5));
    }
  }
}

TEST_CASE("loss pass: what was recorded with weights is not run without") {
  Weights<Gpu> net;
  LossPass<Weights<Gpu>> pass(net, true);
  const auto go = [&](const AnyWeighting& rule) {
    const auto shown = noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), clean(Gpu{}), key(0), 1, rule);
    pass({process.input(Gpu{}, shown.xt, shown.levels, {}), shown.target, shown.weights}, {});
  };
  go(Snr{}), go(Snr{});
  CHECK_THROWS_WITH_AS(go(nullptr), "[train] a pass with 2 weights was recorded, this one has 0",
                       std::invalid_argument);
}

TEST_CASE("loss pass: what was recorded for a share of a step is not run for another") {
  Weights<Gpu> net;
  LossPass<Weights<Gpu>> pass(net, true);
  const auto go = [&](double share) {
    const auto shown = noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), clean(Gpu{}), key(0));
    pass({process.input(Gpu{}, shown.xt, shown.levels, {}), shown.target, {}, {}, {}, {}, share}, key(0));
  };
  go(1);
  go(1);
  CHECK_THROWS_WITH_AS(go(.5), "[train] a pass of share 1 was recorded, this one is of 0.5", std::invalid_argument);
}
