#include <doctest/doctest.h>

#include <stdexcept>

#include <hush/samplers/euler.hpp>
#include <hush/samplers/lms.hpp>

#include "printed.hpp"
#include "samplers/k_diffusion.hpp"

using namespace samplers;

TEST_CASE("lms: the sums that diffusers publishes") {
  const SigmaTable table(LinearBeta{.steps = 1100});
  constexpr Shrinking<Lms> loop{};
  const double eps = published(loop, table.exploding(table.ten()), PredictNoise{});
  CHECK(near(eps, 1006.388, 5e-2));
  CHECK(near(eps / 768, 1.31, 1e-3));
  const double v = published(loop, table.exploding(table.ten()), ShrunkVelocity{});
  CHECK(near(v, .0017, 5e-5));
  CHECK(near(v / 768, 2.2676e-6, 1e-8));
  const double karras = published(loop, table.exploding(table.ten(true)), PredictNoise{});
  CHECK(near(karras, 3812.9927, 2e-1));
  CHECK(near(karras / 768, 4.9648, 1e-3));
}

TEST_CASE("lms: a run without the shrinking, on VP") {
  const SigmaTable table(LinearBeta{});
  const Trajectory trajectory = table.preserving(table.ten());
  // diffusers with its tables in double, LMSDiscreteScheduler, 10 steps
  CHECK(published(Lms{1}, trajectory, PredictNoise{}) == "169.4606203057"_printed);
  CHECK(published(Lms{2}, trajectory, PredictNoise{}) == "185.3134602112"_printed);
  CHECK(published(Lms{3}, trajectory, PredictNoise{}) == "190.2027003007"_printed);
  CHECK(published(Lms{}, trajectory, PredictNoise{}) == "192.0216314429"_printed);
}

TEST_CASE("lms: k-diffusion's numbers for a denoiser that is not linear, the integrals as fractions") {
  reaches(Lms{1}, .7110673899471);
  reaches(Lms{2}, .7268295122174);
  reaches(Lms{3}, .7292825697258);
  reaches(Lms{4}, .7295033961299);
}

TEST_CASE(
    "lms: the coefficients are exact: those of Adams and Bashforth on even steps, and of fractions on uneven ones") {
  const std::vector<double> even{4, 5, 6, 7}, uneven{.6, 1.5, 4, 9};
  const double bashforth[] = {55. / 24, -59. / 24, 37. / 24, -9. / 24};
  const double fractions[] = {-.5327316111629837, .15069234567901235, -.01904941176470588, .0010886772486772486};
  for (std::size_t j = 0; j < 4; ++j) {
    CHECK(Lms::coefficient(even, j, 3) == doctest::Approx(-bashforth[j]).epsilon(1e-14));
    CHECK(Lms::coefficient(uneven, j, .2) == doctest::Approx(fractions[j]).epsilon(1e-13));
  }
}

TEST_CASE("lms: of order 1 it is euler") { same(Lms{1}, Euler{}); }

TEST_CASE("lms: converges with its order") {
  converges(Lms{1}, 1, .15);
  converges(Lms{2}, 2, .25);
  converges(Lms{3}, 3, .3);
  converges(Lms{4}, 4, .3);
}

TEST_CASE("lms: mean and variance of Gaussian data, in closed form") {
  // Order 2: the line through the last two slopes, integrated.
  carries(Lms{2}, [y = 1., before = 0., slope_before = 0., n = 0](double sigma, double to) mutable {
    const double slope = gaussian_slope(sigma) * y, old = y, width = to - sigma;
    const double bend = n++ > 0 ? (slope - slope_before) / (sigma - before) : 0;
    y += width * slope + width * width / 2 * bend;
    before = sigma, slope_before = slope;
    return StepOnGaussian{y / old, 0};
  });
}

TEST_CASE("lms: mean and variance of Gaussian data come close to those of the probability flow") {
  const Affine x = edm(Lms{}, 256);
  CHECK(near(x.mean(), .2990625046, 1e-5));
  CHECK(near(x.variance(), .0624993897, 1e-4));
}

TEST_CASE("lms: a level without signal is left with euler's step, and is no past") {
  const std::vector<Level> levels{{1, 0, 1}, {.5, .5, .5}, {.2, .8, .2}, {0, 1, 0}};
  const Affine blind = Gaussian{}.carry(Lms{}, {levels[0], levels[1]});
  CHECK(blind.constant == doctest::Approx(.5 * .3));
  CHECK(blind.start == doctest::Approx(.5));
  const Affine whole = Gaussian{}.carry(Lms{}, levels),
               rest = Gaussian{}.carry(Lms{}, {levels[1], levels[2], levels[3]});
  CHECK(whole.start == doctest::Approx(.5 * rest.start).epsilon(1e-12));
  CHECK(whole.constant == doctest::Approx(rest.constant + .15 * rest.start).epsilon(1e-12));
}

TEST_CASE("lms: an order that it has not is refused in words") {
  const std::vector<Level> levels{level_of(Path::exploding, 3), {0, 1, 0}};
  CHECK_THROWS_WITH_AS(trace(Lms{0}, levels), "[Lms] order must be 1, 2, 3 or 4, got 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(Lms{5}, levels), "[Lms] order must be 1, 2, 3 or 4, got 5", std::invalid_argument);
}
