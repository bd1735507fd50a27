#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <hush/conditionings/mask.hpp>
#include <hush/conditionings/unconditional.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/guidance.hpp>
#include <hush/guidance_rules/cfg_zero_star.hpp>
#include <hush/guidance_rules/guidance_interval.hpp>
#include <hush/guidance_rules/rescaled_guidance.hpp>
#include <hush/parameterizations/predict_flow.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/euler.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/rectified_flow.hpp>

using namespace hush;

namespace {

using B = Cpu<float>;

/// Says x + the first number of its condition, and counts how often it is asked.
struct Shifted {
  using backend = B;
  static inline int calls = 0;
  ImageSize image() const { return {2, 2, 1}; }
  Ports ports() const { return {.label_dim = 3}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    ++calls;
    const auto& x = value_of(input.image);
    const auto& labels = value_of(*input.labels);
    Tensor<B> y = empty_like(x);
    for (std::int64_t i = 0; i < x.size(); ++i) y.data()[i] = x.data()[i] + labels.data()[i / 4 * 3];
    return constant_like(input.image, y);
  }
};

/// A vector an image, handed to the network as it is.
struct Vectors {
  using Given = std::vector<float>;
  template <class On>
  using BatchCondition = Tensor<On>;
  Ports ports() const { return {.label_dim = 3}; }
  void fits(const Given& given, std::int64_t count, const ImageSize&) const {
    check(std::int64_t(given.size()) == 3 * count, "Vectors", given.size(), " numbers for ", count, " images");
  }
  template <class On>
  Tensor<On> prepare(const On& on, const Given& given, const Rows& rows, const NoiseKey&) const {
    return upload(on, {rows.count, 3},
                  std::span(given).subspan(3 * std::size_t(rows.first), 3 * std::size_t(rows.count)));
  }
  template <class On>
  void add_to(const Tensor<On>& condition, Input<Tensor<On>>& input) const {
    input.labels = condition;
  }
  template <Value V>
  void set_null(Input<V>& input) const {
    input.labels = 0.0 * *input.labels;
  }
};

/// The same, of which the third number is a class of its own for no condition.
struct WithNullClass : Vectors {
  template <Value V>
  void set_null(Input<V>& input) const {
    input.labels =
        constant_like(*input.labels, upload(B{}, {1, 3}, std::span<const float>(std::vector<float>{7, 0, 1})));
  }
};

Tensor<B> filled(const Shape& shape, float value) {
  Tensor<B> x(B{}, shape);
  fill(B{}, x.size(), double(value), x.data());
  return x;
}

/// Says x alone: what a network says that has learned less.
struct Weak : Shifted {
  template <Value V>
  V operator()(const Input<V>& input) const {
    return input.image;
  }
};
struct Wide : Weak {
  ImageSize image() const { return {2, 4, 1}; }
};
struct Unasked : Weak {
  Ports ports() const { return {}; }
};

static_assert(HasNullCondition<Vectors, B> && HasNullCondition<WithNullClass, B>);
static_assert(!HasNullCondition<Unconditional, B> && !HasNullCondition<Mask, B>);
static_assert(Backbone<Guided<Shifted, Vectors>> && Backbone<AutoGuided<Shifted, Weak>>);

}  // namespace

TEST_CASE("guidance: between, at and beyond the two answers of the network") {
  const Input<Tensor<B>> input{filled({2, 2, 2, 1}, 5), filled({2}, 1), filled({2, 3}, 2)};
  for (const double scale : {0., .5, 1., 3.}) {
    const Tensor<B> said = Guided{Shifted{}, Vectors{}, scale}(input);
    for (std::int64_t i = 0; i < said.size(); ++i) CHECK(said.data()[i] == float(5 + 2 * scale));
  }
}

TEST_CASE("guidance: the conditioning says what its null condition is") {
  const Input<Tensor<B>> input{filled({1, 2, 2, 1}, 5), filled({1}, 1), filled({1, 3}, 2)};
  const auto said = [&](double scale) { return download<float>(Guided{Shifted{}, WithNullClass{}, scale}(input)); };
  CHECK(said(0) == std::vector<float>(4, 5 + 7));
  CHECK(said(3) == std::vector<float>(4, 5 + 7 + 3 * (2 - 7)));
}

TEST_CASE("guidance: any sampler runs over it, and it changes the picture") {
  const Process process{LinearBeta{}, PredictNoise<>{}, Vectors{}};
  const SampleOptions<B> options{.steps = 4, .count = 3, .batch = 2, .clip = 0};
  const auto run = [&](double scale) {
    return sample(process, Guided{Shifted{}, Vectors{}, scale}, Ddim{}, std::vector<float>(9, .1f), options);
  };
  CHECK(run(1) == sample(process, Shifted{}, Ddim{}, std::vector<float>(9, .1f), options));
  CHECK(run(0) == sample(process, Shifted{}, Ddim{}, std::vector<float>(9, 0.f), options));
  CHECK(run(3) != run(1));
}

TEST_CASE("guidance: without a condition, or with a scale that is none, it says so") {
  const Input<Tensor<B>> bare{filled({1, 2, 2, 1}, 5), filled({1}, 1)};
  CHECK_THROWS_WITH_AS((Guided{Shifted{}, Vectors{}, 2.}(bare)), "[Guided] wants labels [1, 3], got none",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((Guided{Shifted{}, Vectors{}, std::numeric_limits<double>::infinity()}(bare)),
                       "[Guided] scale must be finite, is inf", std::invalid_argument);
}

TEST_CASE("guidance: in an interval of noise levels the network is asked twice, elsewhere once; planned and eager") {
  const Process process{LinearBeta{}, PredictNoise<>{}, Vectors{}};
  const std::vector<float> given(3, .1f);
  const auto run = [&](const auto& net, Execution execution) {
    Shifted::calls = 0;
    return sample(process, net, Ddim{}, given, SampleOptions<B>{.steps = 10, .clip = 0, .execution = execution});
  };
  const auto guided = [](double low, double high) {
    return Guided{Shifted{}, Vectors{}, 3., GuidanceInterval{low, high}};
  };
  // The levels that the ten steps begin at.
  std::vector<double> sigmas;
  for (int i = 0; i < 10; ++i) sigmas.push_back(sigma_of(process.schedule(100 * i)));
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    const auto all = run(Guided{Shifted{}, Vectors{}, 3.}, execution), none = run(Shifted{}, execution);
    CHECK(run(guided(0, 1e6), execution) == all);
    CHECK(Shifted::calls == 20);
    CHECK(run(guided(1e6, 1e7), execution) == none);
    CHECK(Shifted::calls == 10);
    const auto some =
        run(guided(sigmas[2], sigmas[5]), execution);  // of the steps 3, 4 and 5: low is left out, high is in
    CHECK(Shifted::calls == 13);
    CHECK(some != all);
    CHECK(some != none);
  }
  const auto planned = run(guided(sigmas[2], sigmas[5]), Execution::planned);
  const auto eager = run(guided(sigmas[2], sigmas[5]), Execution::eager);
  for (std::size_t i = 0; i < 4; ++i) CHECK(planned.pixels[i] == doctest::Approx(eager.pixels[i]).epsilon(1e-5));
  CHECK_THROWS_WITH_AS(run(guided(5, 1), Execution::planned),
                       "[GuidanceInterval] wants low < high, has .low = 5 and .high = 1", std::invalid_argument);
  CHECK_THROWS_AS(run(guided(std::nan(""), 1), Execution::eager), std::invalid_argument);
}

TEST_CASE("guidance: CFG-Zero* stays where it is in the first step of a flow, and asks no network") {
  const Process process{RectifiedFlow{}, PredictFlow<>{}, Vectors{}};
  const Guided zero{Shifted{}, Vectors{}, 3., CfgZeroStar{}}, all{Shifted{}, Vectors{}, 3., CfgZeroStar{NAN}};
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    std::vector<Tensor<B>> images;
    const auto run = [&](const auto& net) {
      images.clear(), Shifted::calls = 0;
      sample(process, net, Euler{}, std::vector<float>(3, .1f),
             SampleOptions<B>{.steps = 5, .clip = 0, .grid = Trailing{}, .execution = execution},
             [&](const Step<B>& step) { images.push_back(1.0 * step.x); });
      REQUIRE(images.size() == 6);
      const auto before = download<float>(images[0]), after = download<float>(images[1]);
      float moved = 0;
      for (std::size_t i = 0; i < 4; ++i) moved = std::max(moved, std::abs(after[i] - before[i]));
      return moved;
    };
    CHECK(run(zero) < 1e-6f);
    CHECK(Shifted::calls == 2 * 4);
    CHECK(run(all) > 1e-3f);
    CHECK(Shifted::calls == 2 * 5);
  }
}

TEST_CASE("guidance: a weaker network takes the place of the null condition") {
  const Input<Tensor<B>> input{filled({2, 2, 2, 1}, 5), filled({2}, 1), filled({2, 3}, 2)};
  for (const double scale : {0., .5, 1., 3.}) {
    const Tensor<B> said = AutoGuided{Shifted{}, Weak{}, scale}(input);
    for (std::int64_t i = 0; i < said.size(); ++i) CHECK(said.data()[i] == float(5 + 2 * scale));
  }
  // Without any condition too, and with a sampler.
  const Process process{LinearBeta{}, PredictNoise<>{}, Vectors{}};
  const auto run = [&](const auto& net) {
    return sample(process, net, Ddim{}, std::vector<float>(3, .1f), SampleOptions<B>{.steps = 4, .clip = 0});
  };
  CHECK(run(AutoGuided{Shifted{}, Weak{}, 1.}) == run(Shifted{}));
  CHECK(run(AutoGuided{Shifted{}, Weak{}, 0.}) == run(Weak{}));
  CHECK(run(AutoGuided{Shifted{}, Weak{}, 2., RescaledGuidance{}}) != run(Shifted{}));
  CHECK_THROWS_WITH_AS(run(AutoGuided{Shifted{}, Wide{}, 2.}),
                       "[AutoGuided] the weaker network makes images of 2x4x1, the network of 2x2x1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      run(AutoGuided{Shifted{}, Unasked{}, 2.}),
      "[AutoGuided] the weaker network's ports are {}, those of the network {.label_dim = 3}. Both are "
      "networks of one process",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(run(AutoGuided{Shifted{}, Weak{}, std::nan("")}), "[AutoGuided] scale must be finite, is nan",
                       std::invalid_argument);
}

namespace {

/// Says x + the first number of its condition, and as a variance x times it.
struct TwoHeads {
  using backend = B;
  ImageSize image() const { return {2, 2, 1}; }
  Ports ports() const { return {.label_dim = 3}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const auto& x = value_of(input.image);
    const auto& labels = value_of(*input.labels);
    Tensor<B> y(x.on(), x.shape().with_back(2));
    for (std::int64_t i = 0; i < x.size(); ++i) {
      y.data()[2 * i] = x.data()[i] + labels.data()[i / 4 * 3];
      y.data()[2 * i + 1] = x.data()[i] * labels.data()[i / 4 * 3];
    }
    return constant_like(input.image, y);
  }
};

}  // namespace

TEST_CASE("guidance: a learned variance is that of the call with the condition; the rule sees the estimates alone") {
  const Input<Tensor<B>> input{filled({2, 2, 2, 1}, 5), filled({2}, 1), filled({2, 3}, 2)};
  const auto check_said = [&](const Tensor<B>& said, float estimate, float variance) {
    REQUIRE(said.shape() == Shape{2, 2, 2, 2});
    for (std::int64_t i = 0; i < said.size(); i += 2) {
      CHECK(said.data()[i] == doctest::Approx(estimate));
      CHECK(said.data()[i + 1] == variance);
    }
  };
  for (const float scale : {0.f, .5f, 1.f, 4.f})
    check_said(Guided{TwoHeads{}, Vectors{}, scale}(input), 5 + 2 * scale, 10);
  // Over the first head both answers are flat: <7, 5> / |5|^2 = 7 / 5, so that nothing is left to guide.
  check_said(Guided{TwoHeads{}, Vectors{}, 4., CfgZeroStar{}}(input), 7, 10);
}
