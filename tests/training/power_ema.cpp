#include <hush/training/power_ema.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

using namespace hush;

namespace {

using Snapshots = std::vector<PowerSnapshot>;

/// The weight that an average of `steps` updates gives to each of them, by its recursion.
std::vector<double> profile(double std, std::int64_t steps, std::int64_t all) {
  std::vector<double> weights(std::size_t(all), 0.);
  for (std::int64_t t = 1; t <= steps; ++t) {
    const double decay = power_ema_decay(power_ema_exponent(std), t);
    for (std::int64_t i = 0; i < t - 1; ++i) weights[std::size_t(i)] *= decay;
    weights[std::size_t(t) - 1] = 1 - decay;
  }
  return weights;
}

}  // namespace

TEST_CASE("power ema: the exponents of Karras et al., and the deviation of the profile") {
  CHECK(power_ema_exponent(.05) == doctest::Approx(16.97).epsilon(3e-4));
  CHECK(power_ema_exponent(.10) == doctest::Approx(6.94).epsilon(5e-4));
  CHECK(power_ema_exponent(1 / std::sqrt(12.)) == doctest::Approx(0).scale(1e-6));
  for (const double std : {.01, .05, .1, .2, .28}) {
    // Of t^gamma over 0 .. 1 the means of t and t^2 are (gamma + 1) / (gamma + 2) and (gamma + 1) / (gamma + 3).
    const double g = power_ema_exponent(std), mean = (g + 1) / (g + 2);
    CHECK(std::sqrt((g + 1) / (g + 3) - mean * mean) == doctest::Approx(std).epsilon(1e-9));
  }
}

TEST_CASE("power ema: the recursion has the profile of the power function") {
  const double exponent = power_ema_exponent(.1);
  const std::vector<double> weights = profile(.1, 500, 500);
  double sum = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    sum += weights[i];
    const double upto = std::pow((double(i) + 1) / 500, exponent + 1), before = std::pow(double(i) / 500, exponent + 1);
    CHECK(weights[i] == doctest::Approx(upto - before).epsilon(1e-9));
  }
  CHECK(sum == doctest::Approx(1).epsilon(1e-12));
  CHECK(power_ema_decay(exponent, 1) == 0);
}

TEST_CASE("post-hoc ema: a snapshot is made of itself alone") {
  const Snapshots snapshots{{.05, 100}, {.1, 100}, {.05, 200}, {.1, 200}, {.05, 300}, {.1, 300}};
  for (std::size_t k = 0; k < snapshots.size(); ++k) {
    const std::vector<double> factors = post_hoc_coefficients(snapshots, snapshots[k]);
    for (std::size_t i = 0; i < factors.size(); ++i) CHECK(std::abs(factors[i] - (i == k)) < 1e-7);
  }
}

TEST_CASE("post-hoc ema: an average of another length from eight snapshots of two averages") {
  constexpr std::int64_t all = 800;
  Snapshots snapshots;
  for (std::int64_t step = 100; step <= all; step += 100)
    for (const double std : {.05, .1}) snapshots.push_back({std, step});
  for (const PowerSnapshot wanted : {PowerSnapshot{.07, all}, {.06, all}, {.085, all}, {.15, all}, {.07, 600}}) {
    CAPTURE(wanted.std);
    CAPTURE(wanted.step);
    const std::vector<double> factors = post_hoc_coefficients(snapshots, wanted);
    std::vector<double> made(std::size_t(all), 0.);
    for (std::size_t k = 0; k < snapshots.size(); ++k) {
      const std::vector<double> one = profile(snapshots[k].std, snapshots[k].step, all);
      for (std::size_t i = 0; i < made.size(); ++i) made[i] += factors[k] * one[i];
    }
    const std::vector<double> exact = profile(wanted.std, wanted.step, all);
    double off = 0, size = 0, sum = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      off += std::pow(made[i] - exact[i], 2), size += std::pow(exact[i], 2), sum += made[i];
    }
    CHECK(std::sqrt(off / size) < (wanted.std > .1 ? .035 : .025));
    CHECK(sum == doctest::Approx(1).epsilon(.01));
  }
}

TEST_CASE("post-hoc ema: what is refused") {
  const Snapshots snapshots{{.05, 100}, {.1, 100}};
  CHECK_THROWS_WITH_AS(power_ema_exponent(.3), "[power_ema] std must be above 0 and at most 0.288675, got 0.3",
                       std::invalid_argument);
  CHECK_THROWS_AS(power_ema_exponent(0), std::invalid_argument);
  CHECK_THROWS_WITH_AS(post_hoc_coefficients({}, {.05, 1}), "[post_hoc_ema] there are no snapshots",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(post_hoc_coefficients(snapshots, {.05, 101}),
                       "[post_hoc_ema] no snapshot is of step 101, where the average is to end", std::invalid_argument);
  const Snapshots twice{{.05, 100}, {.05, 100}}, early{{.05, 0}};
  CHECK_THROWS_WITH_AS(post_hoc_coefficients(twice, {.05, 100}),
                       "[post_hoc_ema] two snapshots are of std 0.05 at step 100", std::invalid_argument);
  CHECK_THROWS_WITH_AS(post_hoc_coefficients(early, {.05, 1}),
                       "[post_hoc_ema] a snapshot is of step 0; the first step is 1", std::invalid_argument);
}
