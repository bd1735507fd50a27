// The draws that are not in draws.cpp: their distributions, and what strata and mirror images are.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

#include <hush/level_distribution.hpp>
#include <hush/level_distributions/antithetic.hpp>
#include <hush/level_distributions/between_neighbours.hpp>
#include <hush/level_distributions/continuous_uniform.hpp>
#include <hush/level_distributions/discrete_uniform.hpp>
#include <hush/level_distributions/log_normal.hpp>
#include <hush/level_distributions/stratified.hpp>
#include <hush/random/philox.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/jsd.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/linear_sigma.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/schedules/vp_sde.hpp>

using namespace hush;

namespace {

static_assert(UniformNumbers<Uniform> && !UniformNumbers<double (&)()>);
static_assert(LevelDistribution<Stratified<DiscreteUniform>> && LevelDistribution<Antithetic<LogNormal>> &&
              !LevelDistribution<Stratified<int>>);
static_assert(LevelDistribution<Stratified<DiscreteUniform>, LinearBeta> &&
              LevelDistribution<ContinuousUniform, VpSde>);

/// A draw that takes its numbers by reference.
struct Mine {
  double operator()(const AnySchedule& schedule, auto& uniform) const {
    return schedule.clean() + 1 + std::floor(schedule.steps() * uniform());
  }
};
static_assert(LevelDistribution<Antithetic<Mine>> && LevelDistribution<Stratified<Mine>>);

constexpr LinearBeta palette{.first = 1e-4, .last = .09, .steps = 20};
constexpr double almost = 1 - 0x1p-53;

/// Image `place` of the batch that starts at image `first`.
Uniform of_batch(std::uint32_t first, std::uint32_t place, std::uint32_t batch, std::uint32_t step = 0) {
  return {Stream{7, first + place, step, purpose("level")}, 0, place, batch};
}

/// Mean and variance of n numbers are those of the distribution, within 5 standard errors; `fourth` is the fourth
/// central moment.
void has_moments(const std::vector<double>& numbers, double mean, double variance, double fourth) {
  double sum = 0, squares = 0;
  for (const double x : numbers) sum += x, squares += (x - mean) * (x - mean);
  const double n = double(numbers.size());
  CHECK(std::abs(sum / n - mean) < 5 * std::sqrt(variance / n));
  CHECK(std::abs(squares / n - variance) < 5 * std::sqrt((fourth - variance * variance) / n));
}

template <class D>
std::vector<double> times_of(const D& draw, const AnySchedule& schedule, int n) {
  Uniform uniform{{.seed = 4, .purpose = purpose("level")}};
  std::vector<double> times;
  for (int i = 0; i < n; ++i) times.push_back(draw(schedule, uniform));
  return times;
}

}  // namespace

TEST_CASE("continuous_uniform: (lowest, 1] of a continuous schedule, first to last level of a discrete one") {
  const std::vector<double> times = times_of(ContinuousUniform{.lowest = .25}, VpSde{}, 100000);
  for (const double time : times) REQUIRE((time > .25 && time <= 1));
  const double width = .75;
  has_moments(times, .625, width * width / 12, std::pow(width, 4) / 80);
  has_moments(times_of(ContinuousUniform{}, OneBased{palette}, 100000), 10.5, 19 * 19 / 12., std::pow(19, 4) / 80);
  const auto told = [](double u) { return [u] { return u; }; };
  CHECK(ContinuousUniform{}(VpSde{}, told(0)) == 1);
  CHECK(ContinuousUniform{}(VpSde{}, told(almost)) == doctest::Approx(1e-5).epsilon(1e-9));
  CHECK(ContinuousUniform{.lowest = 0}(RectifiedFlow{}, told(almost)) > 0);
  CHECK(ContinuousUniform{}(palette, told(0)) == 19);
  CHECK(ContinuousUniform{}(palette, told(almost)) == doctest::Approx(0).epsilon(1e-12));
  CHECK(ContinuousUniform{}(LinearBeta{.steps = 1}, told(.5)) == 0);
  CHECK_THROWS_WITH_AS(ContinuousUniform{.lowest = 1}(VpSde{}, told(0)),
                       "[ContinuousUniform] lowest must be in [0, 1), got 1", std::invalid_argument);
}

TEST_CASE("log_normal: ln sigma is normal, on any schedule that reaches so far") {
  const auto logarithms = [](const LogNormal& draw, const AnySchedule& schedule) {
    std::vector<double> found;
    for (const double time : times_of(draw, schedule, 20000)) found.push_back(std::log(sigma_of(schedule(time))));
    return found;
  };
  const double s = 1.2 * 1.2;
  has_moments(logarithms({}, LinearSigma{.largest = 1e4}), -1.2, s, 3 * s * s);
  has_moments(logarithms({}, VpSde{}), -1.2, s, 3 * s * s);
  has_moments(logarithms({.mean = 0, .deviation = .25}, LinearBeta{.steps = 200}), 0, .0625, 3 * .0625 * .0625);
  has_moments(logarithms({.mean = 1, .deviation = .5}, RectifiedFlow{}), 1, .25, 3 * .0625);
}

TEST_CASE("log_normal: the quantile is that of the normal distribution") {
  CHECK(LogNormal::quantile(.5) == doctest::Approx(0).epsilon(1e-15));
  CHECK(LogNormal::quantile(.975) == doctest::Approx(1.959963984540054).epsilon(1e-13));
  CHECK(LogNormal::quantile(1e-10) == doctest::Approx(-6.361340902404056).epsilon(1e-13));
  CHECK(LogNormal::quantile(0) == doctest::Approx(-9));
  CHECK(LogNormal::quantile(almost) == doctest::Approx(8.2).epsilon(.01));
  for (const double u : {.01, .2, .4}) CHECK(LogNormal::quantile(u) == doctest::Approx(-LogNormal::quantile(1 - u)));
}

TEST_CASE("log_normal: it stays within the schedule") {
  const auto told = [](double u) { return [u] { return u; }; };
  CHECK(LogNormal{}(Geometric{}, told(0)) == 0);
  CHECK(LogNormal{}(Geometric{}, told(almost)) == 9);
  CHECK(LogNormal{}(LinearSigma{.largest = 1}, told(almost)) == 1);
  CHECK(LogNormal{}(LinearSigma{}, told(0)) > 0);
  CHECK(LogNormal{.deviation = 0}(LinearSigma{}, told(.3)) == doctest::Approx(std::exp(-1.2) / 80).epsilon(1e-14));
  const double far = LogNormal{.mean = 500}(Jsd{.steps = 10}, told(.5));  // no signal there, but no bound either
  CHECK(far == doctest::Approx(9).epsilon(1e-14));
  CHECK_THROWS_WITH_AS(LogNormal{.deviation = -1}(VpSde{}, told(.5)),
                       "[LogNormal] deviation must be 0 or more and finite, got -1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(LogNormal{.mean = std::nan("")}(VpSde{}, told(.5)), "[LogNormal] mean must be finite, got nan",
                       std::invalid_argument);
}

TEST_CASE("stratified: each n-th of the levels once a batch") {
  for (const std::uint32_t batch : {1u, 4u, 20u, 128u})
    for (std::uint32_t step = 0; step < 50; ++step)
      for (std::uint32_t place = 0; place < batch; ++place) {
        Uniform uniform = of_batch(batch * 3, place, batch, step);
        const double part = 1 - Stratified{ContinuousUniform{.lowest = 0}}(RectifiedFlow{}, uniform);
        REQUIRE(part >= double(place) / batch - 1e-15);
        REQUIRE(part <= (place + 1.) / batch + 1e-15);
      }
  // As many levels as items: a permutation is not needed, each level is there.
  for (std::uint32_t place = 0; place < 20; ++place) {
    Uniform uniform = of_batch(40, place, 20);
    CHECK(Stratified{DiscreteUniform{}}(palette, uniform) == place);
  }
  // Over many steps one place has all that is its own, evenly.
  std::vector<double> times;
  for (std::uint32_t step = 0; step < 20000; ++step) {
    Uniform uniform = of_batch(0, 1, 4, step);
    times.push_back(1 - Stratified{ContinuousUniform{.lowest = 0}}(RectifiedFlow{}, uniform));
  }
  has_moments(times, .375, 1 / 16. / 12, 1 / 256. / 80);
}

TEST_CASE("stratified: only the first number of an item, and never one") {
  struct Largest {
    double operator()() { return almost; }
    Largest before() const { return {}; }
    std::uint32_t place = 63, batch = 64;
  };
  Largest largest;
  CHECK(Stratified{DiscreteUniform{}}(palette, largest) == 19);
  Uniform plain = of_batch(0, 2, 4), spread = plain;
  const double first = plain(), second = plain();
  const double time = Stratified{BetweenNeighbours{}}(palette, spread);
  CHECK(time == doctest::Approx(std::floor((2 + first) / 4 * 19) + second).epsilon(1e-14));
}

TEST_CASE("antithetic: the times of a pair add up to T - 1") {
  for (std::uint32_t place = 0; place < 1000; place += 2) {
    Uniform even = of_batch(3000, place, 1000), odd = of_batch(3000, place + 1, 1000), plain = even;
    const double time = Antithetic{DiscreteUniform{}}(palette, even);
    CHECK(time == DiscreteUniform{}(palette, plain));
    CHECK(time + Antithetic{DiscreteUniform{}}(palette, odd) == 19);
  }
  Uniform even = of_batch(0, 4, 6), odd = of_batch(0, 5, 6);
  const double time = Antithetic{ContinuousUniform{.lowest = 0}}(VpSde{}, even);
  CHECK(time + Antithetic{ContinuousUniform{.lowest = 0}}(VpSde{}, odd) == doctest::Approx(1).epsilon(1e-15));
  even = of_batch(0, 4, 6), odd = of_batch(0, 5, 6);
  const double low = LinearSigma{}(Antithetic{LogNormal{}}(LinearSigma{}, even)).noise;
  const double high = LinearSigma{}(Antithetic{LogNormal{}}(LinearSigma{}, odd)).noise;
  CHECK(std::log(low) + std::log(high) == doctest::Approx(-2.4).epsilon(1e-12));
}

TEST_CASE("antithetic, stratified: a draw of one's own that takes its numbers by reference") {
  const std::function<double(const AnySchedule&, Uniform&)> pairs = Antithetic{Mine{}}, strata = Stratified{Mine{}};
  for (std::uint32_t place = 0; place < 20; place += 2) {
    Uniform even = of_batch(0, place, 20), odd = of_batch(0, place + 1, 20), plain = even;
    CHECK(pairs(palette, even) == Mine{}(palette, plain));
    plain = of_batch(0, place, 20);
    CHECK(pairs(palette, odd) + Mine{}(palette, plain) == 19);
    Uniform own = of_batch(0, place, 20);
    CHECK(strata(palette, own) == place);
  }
}

TEST_CASE("antithetic, stratified: both at once, in either order: pairs, and each stratum once") {
  using Rule = std::function<double(const AnySchedule&, Uniform&)>;
  for (const Rule& rule :
       {Rule(Antithetic{Stratified{DiscreteUniform{}}}), Rule(Stratified{Antithetic{DiscreteUniform{}}}),
        Rule(Antithetic{Antithetic{Stratified{DiscreteUniform{}}}}),
        Rule(Antithetic{Stratified{Antithetic{DiscreteUniform{}}}})}) {
    std::vector<double> times;
    for (std::uint32_t place = 0; place < 20; ++place) {
      Uniform uniform = of_batch(60, place, 20);
      times.push_back(rule(palette, uniform));
      if (place % 2) CHECK(times[place - 1] + times[place] == 19);
    }
    std::sort(times.begin(), times.end());
    for (std::size_t i = 0; i < 20; ++i) CHECK(times[i] == double(i));
  }
  const Rule pairs = Antithetic{Stratified{BetweenNeighbours{}}};  // two numbers an item: both are mirrored
  Uniform even = of_batch(6, 2, 6), odd = of_batch(6, 3, 6);
  CHECK(pairs(palette, even) + pairs(palette, odd) == doctest::Approx(19).epsilon(1e-14));
}

TEST_CASE("antithetic: each item by itself is as it was without") {
  std::vector<int> seen(20);
  const int n = 100000;
  for (int i = 0; i < n; ++i) {
    Uniform uniform = of_batch(0, 1, 2, std::uint32_t(i));
    ++seen[std::size_t(Antithetic{DiscreteUniform{}}(palette, uniform))];
  }
  double chi2 = 0;
  for (const int count : seen) chi2 += (count - n / 20.) * (count - n / 20.) / (n / 20.);
  CHECK(chi2 < 19 + 5 * std::sqrt(2 * 19.));
}

TEST_CASE("uniform: the item before has its own numbers, from the first on") {
  Uniform second = of_batch(10, 1, 2);
  second(), second();
  Uniform before = second.before(), first = of_batch(10, 0, 2);
  CHECK((before.stream == first.stream && before.place == 0 && before.batch == 2));
  for (int i = 0; i < 5; ++i) CHECK(before() == first());
}

TEST_CASE("draws: the numbers of before places were told are the same to the last bit") {
  Uniform uniform{{.seed = 1, .image = 5, .step = 3, .purpose = purpose("level")}};
  CHECK(DiscreteUniform{}(LinearBeta{}, uniform) == 251);
  CHECK(BetweenNeighbours{}(LinearBeta{}, uniform) == 128.37265966616349);
}
