#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/euler.hpp>
#include <hush/samplers/euler_ancestral.hpp>

#include "printed.hpp"
#include "samplers/k_diffusion.hpp"

using namespace samplers;

TEST_CASE("euler ancestral: the sums that diffusers publishes, with PyTorch's noise") {
  const SigmaTable table(LinearBeta{.steps = 1100});
  constexpr Shrinking<EulerAncestral> loop{};
  const double eps = published(loop, table.exploding(table.ten()), PredictNoise{}, TorchNoise{});
  CHECK(near(eps, 152.3192, 1e-2));
  CHECK(near(eps / 768, .1983, 1e-3));
  const double v = published(loop, table.exploding(table.ten()), ShrunkVelocity{}, TorchNoise{});
  CHECK(near(v, 108.4439, 1e-2));
  CHECK(near(v / 768, .1412, 1e-3));
}

TEST_CASE("euler ancestral: a run without the shrinking, on VP") {
  const SigmaTable table(LinearBeta{});
  // diffusers with its tables in double, EulerAncestralDiscreteScheduler, 10 steps
  const double sum = published(EulerAncestral{}, table.preserving(table.ten()), PredictNoise{}, TorchNoise{});
  CHECK(near(sum, 234.5905061806, 2e-5));  // the noise is float32
}

TEST_CASE("euler ancestral: k-diffusion's numbers for a denoiser that is not linear") {
  reaches(EulerAncestral{0}, .7110673899471);
  reaches(EulerAncestral{.5}, .6972261880576);
  reaches(EulerAncestral{1}, .4552849170149);
  reaches(EulerAncestral{1.5}, .1728495862443);
}

TEST_CASE("euler ancestral: with eta 0 it is euler, with any it is ddim, with eta 1 ddpm, where nothing is clipped") {
  same(EulerAncestral{0}, Euler{});
  same(EulerAncestral{.4}, Ddim{.4});
  same(EulerAncestral{1}, Ddpm{});
}

TEST_CASE("euler ancestral: mean and variance of Gaussian data, in closed form") {
  for (const double eta : {.5, 1.})
    carries(EulerAncestral{eta}, [eta](double sigma, double to) {
      const double up = eta * to * std::sqrt(1 - to * to / sigma / sigma), down = std::sqrt(to * to - up * up);
      return StepOnGaussian{1 + (down - sigma) * gaussian_slope(sigma), up};
    });
}

TEST_CASE("euler ancestral: converges with order 1 when eta is 0") { converges(EulerAncestral{0}, 1, .15); }

TEST_CASE("euler ancestral: no noise where a step ends without any; a large eta gets the noise of the level, no more") {
  const Affine last = Gaussian{}.carry(EulerAncestral{}, {level_of(Path::preserving, 3), {0, 1, 0}});
  CHECK(last.draws.empty());
  const Level to = level_of(Path::preserving, 2);
  const Affine all = Gaussian{}.carry(EulerAncestral{1e9}, {level_of(Path::preserving, 3), to});
  REQUIRE(all.draws.size() == 1);
  CHECK(all.draws.at({0, 0}) == doctest::Approx(to.noise));
  const Affine blind = Gaussian{}.carry(EulerAncestral{.6}, {{1, 0, 1}, {.5, .5, .5}});  // from a level without signal
  CHECK(blind.draws.at({0, 0}) == doctest::Approx(.3));
  CHECK(blind.start == doctest::Approx(.4));
  CHECK(blind.constant == doctest::Approx(.5 * .3));
}

TEST_CASE("euler ancestral: an eta that cannot be is refused in words") {
  const std::vector<Level> levels{level_of(Path::exploding, 3), {0, 1, 0}};
  CHECK_THROWS_WITH_AS(trace(EulerAncestral{-.1}, levels),
                       "[EulerAncestral] eta must be 0 or more and finite, got -0.1", std::invalid_argument);
  CHECK_THROWS_AS(trace(EulerAncestral{std::numeric_limits<double>::infinity()}, levels), std::invalid_argument);
  CHECK_THROWS_AS(trace(EulerAncestral{std::nan("")}, levels), std::invalid_argument);
}
