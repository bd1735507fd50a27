#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/level_distribution.hpp>
#include <hush/level_distributions/between_neighbours.hpp>
#include <hush/level_distributions/discrete_uniform.hpp>
#include <hush/random/philox.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/vp_sde.hpp>

using namespace hush;

namespace {

constexpr LinearBeta palette{.first = 1e-4, .last = .09, .steps = 20};

/// The given uniform numbers, one after the other.
struct Told {
  std::vector<double> numbers;
  std::size_t next = 0;
  double operator()() { return numbers.at(next++); }
};

static_assert(!LevelDistribution<int> && LevelDistribution<DiscreteUniform, LinearBeta> &&
              LevelDistribution<BetweenNeighbours, OneBased<LinearBeta>>);

}  // namespace

TEST_CASE("discrete_uniform: all levels but the clean one, each as often as the other") {
  Uniform uniform{{.seed = 1, .purpose = purpose("level")}};
  const int n = 200000;
  std::vector<int> seen(20);
  for (int i = 0; i < n; ++i) {
    const double time = DiscreteUniform{}(palette, uniform);
    REQUIRE((time >= 0 && time <= 19 && time == std::floor(time)));
    ++seen[std::size_t(time)];
  }
  double chi2 = 0;
  for (const int count : seen) chi2 += (count - n / 20.) * (count - n / 20.) / (n / 20.);
  CHECK(chi2 < 19 + 5 * std::sqrt(2 * 19.));
}

TEST_CASE("discrete_uniform: the ends, one-based times, and the range of a document") {
  const double almost = 1 - 0x1p-53;
  CHECK(DiscreteUniform{}(palette, Told{{0}}) == 0);
  CHECK(DiscreteUniform{}(palette, Told{{almost}}) == 19);
  CHECK(DiscreteUniform{}(OneBased{palette}, Told{{0}}) == 1);
  CHECK(DiscreteUniform{}(OneBased{palette}, Told{{almost}}) == 20);
  const DiscreteUniform literal{.first = 0, .last = 19};
  CHECK(literal(OneBased{palette}, Told{{0}}) == 0);
  CHECK(literal(OneBased{palette}, Told{{almost}}) == 19);
  CHECK_THROWS_WITH_AS(DiscreteUniform{.last = 21}(palette, Told{{0}}),
                       "[DiscreteUniform] levels 1 to 21 are not among 0 to 20", std::invalid_argument);
  CHECK_THROWS_AS(DiscreteUniform{.first = -1}(palette, Told{{0}}), std::invalid_argument);
  CHECK_THROWS_AS((DiscreteUniform{.first = 5, .last = 4}(palette, Told{{0}})), std::invalid_argument);
  CHECK_THROWS_AS(DiscreteUniform{}(palette, Told{{1}}), std::invalid_argument);
  CHECK_THROWS_AS(DiscreteUniform{}(palette, Told{{std::nan("")}}), std::invalid_argument);
}

TEST_CASE("between_neighbours: gamma is uniform between those of two neighbouring levels") {
  const auto gamma = [](double time) { return std::pow(palette(time).signal, 2); };
  for (const double part : {0., .25, .999}) {
    // The 19 intervals: 0.5 / 19 falls into the first one, 18.5 / 19 into the last one.
    const double first = BetweenNeighbours{}(palette, Told{{.5 / 19, part}});
    CHECK(gamma(first) == doctest::Approx(gamma(0) + part * (gamma(1) - gamma(0))).epsilon(1e-12));
    const double last = BetweenNeighbours{}(palette, Told{{18.5 / 19, part}});
    CHECK(gamma(last) == doctest::Approx(gamma(18) + part * (gamma(19) - gamma(18))).epsilon(1e-12));
    CHECK(BetweenNeighbours{}(OneBased{palette}, Told{{.5 / 19, part}}) == doctest::Approx(first + 1));
  }
  Uniform uniform{{.seed = 2}};
  for (int i = 0; i < 10000; ++i) {
    const double at = gamma(BetweenNeighbours{}(palette, uniform));
    REQUIRE((at <= gamma(0) && at >= gamma(19)));
  }
  CHECK_THROWS_WITH_AS(BetweenNeighbours{}(LinearBeta{.steps = 1}, Told{{0, 0}}),
                       "[BetweenNeighbours] wants a schedule of at least 2 steps, got 1", std::invalid_argument);
}

TEST_CASE("draws: those that count levels ask for a discrete schedule, and name the draws for the others") {
  const VpSde continuous;
  const AnySchedule any = continuous;
  CHECK_THROWS_WITH_AS(
      DiscreteUniform{}(any, Told{{0}}),
      "[DiscreteUniform] wants a discrete schedule, this one is continuous; take ContinuousUniform or LogNormal",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      BetweenNeighbours{}(any, Told{{0, 0}}),
      "[BetweenNeighbours] wants a discrete schedule, this one is continuous; take ContinuousUniform or LogNormal",
      std::invalid_argument);
}
