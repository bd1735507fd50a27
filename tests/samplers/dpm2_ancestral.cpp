#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include <hush/samplers/dpm2.hpp>
#include <hush/samplers/dpm2_ancestral.hpp>

#include "printed.hpp"
#include "samplers/k_diffusion.hpp"

using namespace samplers;

TEST_CASE("dpm2 ancestral: a run of diffusers, with PyTorch's noise, on VP") {
  const SigmaTable table(LinearBeta{});
  // diffusers with its tables in double, KDPM2AncestralDiscreteScheduler, 10 steps
  const double sum = published(Dpm2Ancestral{}, table.preserving(table.ten()), PredictNoise{}, TorchNoise{});
  CHECK(near(sum, 444.8323099359, 2e-5));  // the noise is float32
}

TEST_CASE("dpm2 ancestral: k-diffusion's numbers for a denoiser that is not linear") {
  reaches(Dpm2Ancestral{0}, .7451645506458);
  reaches(Dpm2Ancestral{.5}, .7494571394458);
  reaches(Dpm2Ancestral{1}, .7407491665801);
  reaches(Dpm2Ancestral{1.5}, .1728495862443);
}

TEST_CASE("dpm2 ancestral: is dpm2 when eta is 0, and then of order 2") {
  same(Dpm2Ancestral{0}, Dpm2{});
  converges(Dpm2Ancestral{0}, 2, .25);
}

TEST_CASE("dpm2 ancestral: mean and variance of Gaussian data, in closed form") {
  for (const double eta : {.5, 1.})
    carries(Dpm2Ancestral{eta}, [eta](double sigma, double to) {
      if (to == 0) return StepOnGaussian{1 - sigma * gaussian_slope(sigma), 0};
      const double up = eta * to * std::sqrt(1 - to * to / sigma / sigma), down = std::sqrt(to * to - up * up);
      const double middle = std::sqrt(sigma * down), half = 1 + (middle - sigma) * gaussian_slope(sigma);
      return StepOnGaussian{1 + (down - sigma) * gaussian_slope(middle) * half, up};
    });
  const Affine many = edm(Dpm2Ancestral{}, 300);
  CHECK(many.draws.size() == 299);  // none in the last step
  CHECK(near(many.mean(), .3, 1e-5));
  CHECK(near(many.variance(), .0625, 1e-4));
}

TEST_CASE("dpm2 ancestral: a large eta gets the noise of the level, no more; no noise where a step ends without") {
  const Level from = level_of(Path::preserving, 3), to = level_of(Path::preserving, 2);
  const Affine all = Gaussian{}.carry(Dpm2Ancestral{1e9}, {from, to});
  REQUIRE(all.draws.size() == 1);
  CHECK(all.draws.at({0, 0}) == doctest::Approx(to.noise));
  CHECK(Gaussian{}.carry(Dpm2Ancestral{}, {from, {0, 1, 0}}).draws.empty());
}

TEST_CASE("dpm2 ancestral: an eta that cannot be is refused in words") {
  const std::vector<Level> levels{level_of(Path::exploding, 3), {0, 1, 0}};
  CHECK_THROWS_WITH_AS(trace(Dpm2Ancestral{-.1}, levels), "[Dpm2Ancestral] eta must be 0 or more and finite, got -0.1",
                       std::invalid_argument);
  CHECK_THROWS_AS(trace(Dpm2Ancestral{std::numeric_limits<double>::infinity()}, levels), std::invalid_argument);
  CHECK_THROWS_AS(trace(Dpm2Ancestral{std::nan("")}, levels), std::invalid_argument);
}
