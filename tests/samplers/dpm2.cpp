#include <doctest/doctest.h>

#include <stdexcept>

#include <hush/samplers/dpm2.hpp>
#include <hush/samplers/euler.hpp>

#include "printed.hpp"
#include "samplers/k_diffusion.hpp"

using namespace samplers;

TEST_CASE("dpm2: the sums that diffusers publishes") {
  const SigmaTable table(LinearBeta{.steps = 1100});
  constexpr Shrinking<Dpm2> loop{};
  const double eps = published(loop, table.exploding(table.ten()), PredictNoise{});
  CHECK(near(eps, 20.4125, 1e-2));
  CHECK(near(eps / 768, .0266, 1e-3));
}

TEST_CASE("dpm2: a run without the shrinking, on VP") {
  const SigmaTable table(LinearBeta{});
  // diffusers with its tables in double, KDPM2DiscreteScheduler, 10 steps
  CHECK(published(Dpm2{}, table.preserving(table.ten()), PredictNoise{}) == "216.5901849046"_printed);
}

TEST_CASE("dpm2: k-diffusion's number for a denoiser that is not linear") { reaches(Dpm2{}, .7451645506458); }

TEST_CASE("dpm2: converges with order 2") { converges(Dpm2{}, 2, .25); }

TEST_CASE("dpm2: the middle is the geometric mean; the last step and a level without signal are euler's") {
  const Trajectory trajectory = course_over(Path::flow, 1);
  const Plan plan = trace(Dpm2{}, trajectory);
  std::vector<Level> called;
  for (const auto& row : plan.rows)
    if (const auto* call = std::get_if<Plan::NetworkCall>(&row)) called.push_back(call->level);
  const Level middle = called.at(1);
  CHECK(middle.time == doctest::Approx(1));  // of e^2 and e^-2
  CHECK(middle.signal == doctest::Approx(.5));
  for (const std::vector<Level>& levels :
       {std::vector<Level>{level_of(Path::preserving, 3), {0, 1, 0}}, std::vector<Level>{{1, 0, 1}, {.5, .5, .5}}}) {
    const Affine one = Gaussian{}.carry(Dpm2{}, levels), other = Gaussian{}.carry(Euler{}, levels);
    CHECK(one.constant == doctest::Approx(other.constant).epsilon(1e-12));
    CHECK(one.start == doctest::Approx(other.start).epsilon(1e-12));
  }
}

TEST_CASE("dpm2: mean and variance of Gaussian data, in closed form") {
  carries(Dpm2{}, [](double sigma, double to) {
    if (to == 0) return StepOnGaussian{1 - sigma * gaussian_slope(sigma), 0};
    const double middle = std::sqrt(sigma * to), half = 1 + (middle - sigma) * gaussian_slope(sigma);
    return StepOnGaussian{1 + (to - sigma) * gaussian_slope(middle) * half, 0};
  });
}

TEST_CASE("dpm2: mean and variance of Gaussian data come close to those of the probability flow") {
  const Affine x = edm(Dpm2{}, 256);
  CHECK(near(x.mean(), .2990625046, 1e-6));
  CHECK(near(x.variance(), .0624993897, 1e-4));
  CHECK(near(edm(Dpm2{}, 18).variance(), x.variance(), 1e-2));
}

TEST_CASE("dpm2: a trajectory that knows no schedule is refused in words") {
  const std::vector<Level> levels{level_of(Path::exploding, 3), level_of(Path::exploding, 1), {0, 1, 0}};
  CHECK_THROWS_WITH_AS(trace(Dpm2{}, levels),
                       "[sampler] wants levels between those of the run, and this trajectory knows no schedule",
                       std::invalid_argument);
}
