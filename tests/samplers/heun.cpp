#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include <hush/samplers/euler.hpp>
#include <hush/samplers/heun.hpp>

#include "printed.hpp"
#include "samplers/k_diffusion.hpp"

using namespace samplers;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How often a run asks the network.
int network_calls(const Plan& plan) {
  int count = 0;
  for (const auto& row : plan.rows) count += std::holds_alternative<Plan::NetworkCall>(row);
  return count;
}

}  // namespace

TEST_CASE("heun: the sums that diffusers publishes") {
  const SigmaTable table(LinearBeta{.steps = 1100});
  constexpr Shrinking<Heun> loop{};
  const double eps = published(loop, table.exploding(table.ten()), PredictNoise{});
  CHECK(eps == "0.1233"_printed);
  CHECK(near(eps / 768, .0002, 5e-5));
  // "4.6934e-07" there, on another machine than the one whose float32 gave 4.9239e-07
  CHECK(near(published(loop, table.exploding(table.ten()), ShrunkVelocity{}), 4.9e-7, 3e-8));
}

TEST_CASE("heun: a run without the shrinking, on VP") {
  const SigmaTable table(LinearBeta{});
  // diffusers with its tables in double, HeunDiscreteScheduler, 10 steps
  CHECK(published(Heun{}, table.preserving(table.ten()), PredictNoise{}) == "241.8152904532"_printed);
  CHECK(published(Heun{}, table.preserving(table.ten(true)), PredictNoise{}) == "237.6860781602"_printed);
}

TEST_CASE("heun: k-diffusion's numbers for a denoiser that is not linear, with and without churn") {
  reaches(Heun{}, .7458778764019);
  reaches(Heun{.churn = 2, .churn_min = .1, .churn_max = 5, .noise = 1.003}, .7226146565403);
  reaches(Heun{.churn = 100}, .7045039545156);  // sigma grows by sqrt(2), but not above 9
  reaches(Heun{.churn = 100, .noise = 0}, .7369414857801);
}

TEST_CASE("heun: converges with order 2") { converges(Heun{}, 2, .25); }

TEST_CASE("heun: mean and variance of Gaussian data on the levels of EDM") {
  const Affine few = edm(Heun{}, 18), many = edm(Heun{}, 256);
  CHECK(few.mean() == "0.2989985457"_printed);
  CHECK(few.variance() == "0.0713180948"_printed);
  CHECK(many.mean() == "0.2990622848"_printed);
  CHECK(many.variance() == "0.0625286982"_printed);
  // where the probability flow itself takes N(0, 80^2)
  const double shrink = .25 / std::hypot(.25, 80);
  CHECK(.3 * (1 - shrink) == ".2990625046"_printed);
  CHECK(std::pow(80 * shrink, 2) == ".0624993897"_printed);
}

TEST_CASE("heun: mean and variance of Gaussian data, in closed form, with and without churn") {
  for (const double churn : {0., 2.})
    carries(Heun{.churn = churn, .churn_min = .01, .noise = 1.007}, [churn, n = 0, top = 0.](double sigma,
                                                                                             double to) mutable {
      if (n++ == 0) top = sigma;
      const double gamma = sigma < .01 ? 0 : churn / (top > 81 ? 20 : 18), hat = std::fmin(sigma * (1 + gamma), top);
      const double first = gaussian_slope(hat), euler = 1 + (to - hat) * first;
      const double factor = to == 0 ? euler : 1 + (to - hat) / 2 * (first + gaussian_slope(to) * euler);
      return StepOnGaussian{factor, factor * 1.007 * std::sqrt((hat - sigma) * (hat + sigma))};
    });
}

TEST_CASE("heun: looks twice a step and once in the last, which is euler's") {
  const Trajectory trajectory = course_over(Path::preserving, 5);
  CHECK(network_calls(trace(Heun{}, trajectory)) == 10);
  std::vector<Level> levels = trajectory.levels;
  levels.push_back({0, 1, 0});
  CHECK(network_calls(trace(Heun{}, levels)) == 11);
  for (const Path path : all_paths) {
    const std::vector<Level> last{level_of(path, 3), {0, 1, 0}};
    const Affine one = Gaussian{}.carry(Heun{}, last), other = Gaussian{}.carry(Euler{}, last);
    CHECK(one.constant == doctest::Approx(other.constant).epsilon(1e-12));
    CHECK(one.start == doctest::Approx(other.start).epsilon(1e-12));
  }
  // A level without signal has no sigma either.
  const std::vector<Level> blind{{1, 0, 1}, {.5, .5, .5}};
  const Affine one = Gaussian{}.carry(Heun{}, blind), other = Gaussian{}.carry(Euler{}, blind);
  CHECK(one.constant == doctest::Approx(other.constant).epsilon(1e-12));
  CHECK(one.start == doctest::Approx(other.start).epsilon(1e-12));
  CHECK(network_calls(trace(Heun{.churn = 40}, blind)) == 1);
}

TEST_CASE("heun: with churn the network is told the noisier level, which is one of the schedule") {
  Trajectory trajectory = course_over(Path::preserving, 4);
  trajectory.levels.erase(trajectory.levels.begin() + 3, trajectory.levels.end());
  const Plan plan = trace(Heun{.churn = .5}, trajectory);  // 2 steps: gamma = 1/4, and e^2 is the noisiest
  std::vector<double> seen;
  for (const auto& row : plan.rows)
    if (const auto* call = std::get_if<Plan::NetworkCall>(&row)) seen.push_back(call->level.time);
  const double second = trajectory.levels[1].time;
  REQUIRE(seen.size() == 4);
  CHECK(seen[0] == doctest::Approx(std::exp(2)));
  CHECK(seen[1] == second);
  CHECK(seen[2] == doctest::Approx(1.25 * second));
  CHECK(seen[3] == trajectory.levels[2].time);
  const Level hat = Heun{.churn = .5}.churned(trajectory.levels[1], trajectory);
  CHECK(hat.signal == doctest::Approx(1 / std::hypot(1, 1.25 * second)));
  CHECK(Heun{.churn = .5}.churned(trajectory.levels[0], trajectory) == trajectory.levels[0]);
}

TEST_CASE("heun: churn on a trajectory that knows no schedule says so") {
  const std::vector<Level> levels{level_of(Path::exploding, 3), level_of(Path::exploding, 1), {0, 1, 0}};
  CHECK_THROWS_WITH_AS(trace(Heun{.churn = 1}, levels),
                       "[sampler] wants levels between those of the run, and this trajectory knows no schedule",
                       std::invalid_argument);
  CHECK_NOTHROW(trace(Heun{.churn = 1, .churn_max = .5}, levels));
}

TEST_CASE("heun: settings that cannot be are refused in words") {
  const std::vector<Level> levels{level_of(Path::exploding, 3), {0, 1, 0}};
  const auto refused = [&](const Heun& sampler, const char* sentence) {
    CHECK_THROWS_WITH_AS(trace(sampler, levels), sentence, std::invalid_argument);
  };
  refused(Heun{.churn = -1}, "[Heun] churn must be 0 or more and finite, got -1");
  refused(Heun{.churn = infinity}, "[Heun] churn must be 0 or more and finite, got inf");
  refused(Heun{.noise = -1}, "[Heun] noise must be 0 or more and finite, got -1");
  refused(Heun{.noise = infinity}, "[Heun] noise must be 0 or more and finite, got inf");
  refused(Heun{.churn_min = 2, .churn_max = 1}, "[Heun] churn_min .. churn_max must be a range of sigma, got 2 .. 1");
  refused(Heun{.churn_min = -1}, "[Heun] churn_min .. churn_max must be a range of sigma, got -1 .. inf");
  const double nan = std::nan("");
  for (const Heun& sampler : {Heun{.churn = nan}, Heun{.noise = nan}, Heun{.churn_min = nan}, Heun{.churn_max = nan}})
    CHECK_THROWS_AS(trace(sampler, levels), std::invalid_argument);
}
