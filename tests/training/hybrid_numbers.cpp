// Networks with a head for the variance: trained by the hybrid loss, sampled from by LearnedRange.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include <hush/core.hpp>
#include <hush/training/hybrid_numbers.hpp>

#include "tiny.hpp"

using namespace hush;

namespace {

using B = Cpu<double>;
const Process process{LinearBeta{.first = 1e-3, .last = .2, .steps = 20}, LearnedVariance{PredictNoise{}}};

/// Predicts half of each number as its noise, and one v for all.
struct TwoHeads {
  using backend = B;
  double v = 0;
  ImageSize image() const { return {3, 2, 2}; }
  Ports ports() const { return {}; }
  B on() const { return B{1}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const V half = .5 * input.image;
    return concat(half, constant_like(half, filled(on(), half.shape(), v)));
  }
};
/// The same without a variance.
struct OneHead : TwoHeads {
  template <Value V>
  V operator()(const Input<V>& input) const {
    return .5 * input.image;
  }
};

/// A number that is 1 or -1, and 1 as often: data of a known variance.
struct Coins {
  std::int64_t size() const { return 64; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 8, 8, 1);
    for (std::size_t i = 0; i < items.size(); ++i)
      for (float& p : images[std::int64_t(i)]) p = items[i] % 2 == 0 ? -1.f : 1.f;
    return images;
  }
};

void equal(const Images<float>& a, const Images<float>& b) {
  REQUIRE(a.pixels.size() == b.pixels.size());
  for (std::size_t i = 0; i < a.pixels.size(); ++i) CHECK(a.pixels[i] == doctest::Approx(b.pixels[i]).epsilon(1e-5));
}

}  // namespace

TEST_CASE("learned variance: at its ends LearnedRange is ddpm with the small variance, and with the large one") {
  const Process plain{process.schedule, PredictNoise{}};
  const SampleOptions<B> options{.steps = 10, .count = 3, .seed = 4};
  equal(sample(process, TwoHeads{.v = -1}, LearnedRange{}, options), sample(plain, OneHead{}, Ddpm{}, options));
  equal(sample(process, TwoHeads{.v = 1}, LearnedRange{}, options),
        sample(plain, OneHead{}, Ddpm{.variance = Variance::fixed_large}, options));
}

TEST_CASE("learned variance: other samplers do not look at it, planned and eagerly") {
  const Process plain{process.schedule, PredictNoise{}};
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    const SampleOptions<B> options{.steps = 10, .count = 3, .seed = 4, .execution = execution};
    equal(sample(process, TwoHeads{.v = .3}, DpmSolverSde{}, options),
          sample(plain, OneHead{}, DpmSolverSde{}, options));
  }
  CHECK_THROWS_WITH_AS(
      sample(process, OneHead{}, Ddim{}, SampleOptions<B>{.steps = 5}),
      "[sample] the network gave [1, 3, 2, 2], wanted [1, 3, 2, 4]: an estimate and a variance for each "
      "channel",
      std::invalid_argument);
}

TEST_CASE("learned variance: training lowers the bound, and its network samples") {
  Adm<Cpu<float>> net({.image = {8, 8, 1},
                       .outputs = 2,
                       .channels = 8,
                       .multipliers = {1},
                       .blocks = 1,
                       .attention = {.factors = {}},
                       .head_channels = 8,
                       .groups = 4},
                      process.ports(), Seed{3});
  const Coins coins;
  // The bound alone, so that what falls is not the squared error.
  const Process bound{process.schedule, LearnedVariance{PredictNoise{}, .05}};
  const TrainOptions<Coins> options{
      .epochs = 25, .batch = 8, .seed = 2, .weighting = [](Level, const Scalings&) { return 0.; }, .validation = coins};
  const auto trained = train(bound, net, AdamW{.rate = 1e-2}, coins, options);
  REQUIRE(trained.epochs.size() == 25);
  CHECK(trained.epochs.back().validation_loss < .97 * trained.epochs.front().validation_loss);
  CHECK(std::isfinite(trained.epochs.back().loss));
  const Images<float> images = sample(process, trained, LearnedRange{}, {.steps = 20, .count = 2});
  CHECK(images.count == 2);
}

TEST_CASE("learned variance: networks and schedules that do not fit are refused in words") {
  const tiny::Squares data;
  auto one = tiny::net();
  CHECK_THROWS_WITH_AS(
      train(process, one, AdamW{}, data, TrainOptions<tiny::Squares>{.batch = 8}),
      "[hybrid_loss] prediction is [8, 8, 8, 1], wanted [8, 8, 8, 2]: a variance for every number of the "
      "target, [8, 8, 8, 1]",
      std::invalid_argument);
  const Process continuous{VpSde{}, LearnedVariance{PredictNoise{}}};
  CHECK_THROWS_WITH_AS(
      train(continuous, one, AdamW{}, data,
            TrainOptions<tiny::Squares>{.batch = 8, .level_distribution = ContinuousUniform{}}),
      "[train] a learned variance is that of the steps of a discrete schedule, this one is continuous; "
      "train without it, or take a schedule of betas",
      std::invalid_argument);
}
