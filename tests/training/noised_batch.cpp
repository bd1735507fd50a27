#include <hush/training/noised_batch.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/level_distributions/discrete_uniform.hpp>
#include <hush/level_distributions/stratified.hpp>
#include <hush/parameterizations/edm_preconditioning.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_score.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/weightings/snr.hpp>

#include "two_images.hpp"

using namespace hush;
using detail::NoisedBatch, detail::noised_batch;
using two_images::clean, two_images::images, two_images::key, two_images::process;

namespace {

using Gpu = Cuda<float, HostGpu>;
using Cpus = Cpu<float>;

}  // namespace

TEST_CASE("noised batch: x_t is signal x0 + noise eps, the target what the parameterization says, image by image") {
  const auto x0 = clean(Cpus{});
  const NoisedBatch<Cpus> all = noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), x0, key(5));
  CHECK(download<float>(all.target) == download<float>(x0));
  const auto eps = download<double>(normal_images(Cpus{}, x0.shape(), Stream{3, 0, 5, purpose("noise", 0)}, images));
  const auto xt = download<double>(all.xt), clear = download<double>(x0);
  for (std::size_t i = 0; i < xt.size(); ++i) {
    const Level& level = all.levels[i / 4];
    CHECK(xt[i] == doctest::Approx(level.signal * clear[i] + level.noise * eps[i]).epsilon(1e-6));
  }
  // An image's noise belongs to its number, not to its place.
  const NoisedBatch<Cpus> second =
      noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), x0.part(4, {1, 2, 2, 1}), key(5).part(1, 1));
  CHECK(second.levels[0].time == all.levels[1].time);
  CHECK(download<float>(second.xt) == download<float>(all.xt.part(4, {1, 2, 2, 1})));
  // Validation draws others, and so does the next step.
  CHECK(download<float>(
            noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), x0, key(5, NoiseKey::validation)).xt) !=
        download<float>(all.xt));
  CHECK(download<float>(noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), x0, key(6)).xt) !=
        download<float>(all.xt));
}

TEST_CASE("noised batch: a draw may spread over the whole batch, however it is cut") {
  // The second batch of four, in one piece and in two: each quarter of the hundred levels once.
  const std::vector<std::uint32_t> batch{4, 5, 6, 7};
  const NoiseKey whole_key{.seed = 3, .step = 1, .images = batch};
  const AnyLevelDistribution spread = Stratified{DiscreteUniform{}};
  const std::vector<double> pixels(16);
  const auto x0 = upload(Cpus{}, {4, 2, 2, 1}, std::span<const double>(pixels));
  const auto whole = noised_batch(process, spread, x0, whole_key, 4).levels;
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::floor(whole[i].time / 25) == double(i));
  for (const std::size_t half : {0, 1}) {
    const auto part =
        noised_batch(process, spread, x0.part(std::int64_t(half) * 8, {2, 2, 2, 1}), whole_key.part(half * 2, 2), 4);
    for (std::size_t i = 0; i < 2; ++i) CHECK(part.levels[i] == whole[half * 2 + i]);
  }
  // A batch of one is not spread.
  CHECK(noised_batch(process, spread, x0, whole_key).levels ==
        noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), x0, whole_key).levels);
}

TEST_CASE("noised batch: the same noise on a GPU, to the last bit") {
  const auto cpu = noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), clean(Cpus{}), key(5));
  const auto gpu = noised_batch(process, AnyLevelDistribution(DiscreteUniform{}), clean(Gpu{}), key(5));
  const auto a = download<float>(cpu.xt), b = download<float>(gpu.xt);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-6));
}

TEST_CASE("noised batch: a weighting gives each image the weight of its level; none gives none") {
  const auto x0 = clean(Cpus{});
  const AnyLevelDistribution draw = DiscreteUniform{};
  const NoisedBatch<Cpus> plain = noised_batch(process, draw, x0, key(5));
  const NoisedBatch<Cpus> weighted = noised_batch(process, draw, x0, key(5), 1, Snr{});
  CHECK(plain.weights.empty());
  CHECK(weighted.levels == plain.levels);
  CHECK(download<float>(weighted.xt) == download<float>(plain.xt));
  const auto weights = download<double>(weighted.weights);
  REQUIRE(weights.size() == 2);
  CHECK(weights[0] != weights[1]);
  for (std::size_t i = 0; i < 2; ++i) {  // x0 prediction: the error of x0 is that of the output
    const Level& at = plain.levels[i];
    CHECK(weights[i] == doctest::Approx(at.signal * at.signal / (at.noise * at.noise)).epsilon(1e-6));
  }
}

TEST_CASE("noised batch: a weight that is no weight is refused in words") {
  const auto with = [](const AnyWeighting& rule) {
    return noised_batch(process, AnyLevelDistribution([](const auto&, auto&) { return -1.; }), clean(Cpus{}), key(0), 1,
                        rule);
  };
  CHECK_THROWS_WITH_AS(with(Snr{}),
                       "[train] the weight at time -1 (signal 1, noise 0) is inf, must be finite and not negative",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(with([](Level, const Scalings&) { return -2.; }),
                       "[train] the weight at time -1 (signal 1, noise 0) is -2, must be finite and not negative",
                       std::invalid_argument);
  CHECK_THROWS_AS(with([](Level, const Scalings&) { return std::nan(""); }), std::invalid_argument);
}

TEST_CASE("noised batch: a level that the parameterization cannot do is refused in words") {
  const auto at = [](const auto& proc, double time) {
    noised_batch(proc, AnyLevelDistribution([=](const auto&, auto&) { return time; }), clean(Cpus{}), key(0));
  };
  const RectifiedFlow flow;  // signal 1 - t, noise t
  CHECK_THROWS_WITH_AS(at(Process{flow, PredictScore{}}, 0),
                       "[train] at time 0 (signal 1, noise 0) the target's factor of the noise is -inf: the level "
                       "distribution must leave out what the parameterization cannot do",
                       std::invalid_argument);
  CHECK_THROWS_AS(at(Process{flow, EdmPreconditioning{}}, 1), std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      at(Process{flow, EdmPreconditioning{}}, 0),
      "[train] at time 0 (signal 1, noise 0) what the network is told is -inf: the level distribution must leave out "
      "what the parameterization cannot do",
      std::invalid_argument);
  at(Process{flow, PredictX0{}}, 1), at(Process{flow, PredictX0{}}, 0), at(Process{flow, PredictNoise{}}, 1);
  const auto broken = [](double time) { return Level{time, 1, std::nan("")}; };
  CHECK_THROWS_WITH_AS(
      at(Process{broken, PredictX0{}}, .5),
      "[train] at time 0.5 (signal 1, noise nan) the noise is nan: the level distribution must leave out what the "
      "parameterization cannot do",
      std::invalid_argument);
}
