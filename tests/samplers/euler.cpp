#include <doctest/doctest.h>

#include <hush/samplers/ddim.hpp>
#include <hush/samplers/euler.hpp>

#include "printed.hpp"
#include "samplers/k_diffusion.hpp"

using namespace samplers;

TEST_CASE("euler: the sums that diffusers publishes") {
  const SigmaTable table(LinearBeta{.steps = 1100});
  constexpr Shrinking<Euler> loop{};
  const double eps = published(loop, table.exploding(table.ten()), PredictNoise{});
  CHECK(near(eps, 10.0807, 1e-2));
  CHECK(eps == "10.0807"_printed);
  CHECK(near(eps / 768, .0131, 1e-3));
  // "0.0002" there; float32 gives 2.41815e-10 too.
  const double v = published(loop, table.exploding(table.ten()), ShrunkVelocity{});
  CHECK(near(v, 2.418e-10, 1e-13));
  const double karras = published(loop, table.exploding(table.ten(true)), PredictNoise{});
  CHECK(near(karras, 124.52299499511719, 1e-2));
  CHECK(near(karras / 768, .16213932633399963, 1e-3));
}

TEST_CASE("euler: a run without the shrinking, on VP") {
  const SigmaTable table(LinearBeta{});
  // diffusers with its tables in double, EulerDiscreteScheduler, 10 steps
  CHECK(published(Euler{}, table.preserving(table.ten()), PredictNoise{}) == "169.4606203057"_printed);
  CHECK(published(Euler{}, table.preserving(table.ten(true)), PredictNoise{}) == "160.3035063999"_printed);
}

TEST_CASE("euler: k-diffusion's number for a denoiser that is not linear") { reaches(Euler{}, .7110673899471); }

TEST_CASE("euler: is ddim with eta 0 where nothing is clipped") { same(Euler{}, Ddim{}); }

TEST_CASE("euler: the noise that it keeps follows a clipped x0") {
  const Level from{0, .6, .8}, to{0, .8, .6};
  const auto denoise = [](double, Level) { return Denoised<double>{1, 5}; };  // eps as predicted is 5
  const auto draw = []() -> double { throw std::logic_error("nobody may ask for noise"); };
  CHECK(Euler{}.step<double>(denoise, 2, from, to, draw) == doctest::Approx(.8 + .6 * (2 - .6) / .8));
}

TEST_CASE("euler: converges with order 1") { converges(Euler{}, 1, .15); }

TEST_CASE("euler: mean and variance of Gaussian data on the levels of EDM") {
  const Affine x = edm(Euler{}, 18);
  CHECK(x.mean() == "0.2992204898"_printed);
  CHECK(x.variance() == "0.0432096808"_printed);
  CHECK(x.draws.empty());
}

TEST_CASE("euler: mean and variance of Gaussian data, in closed form") {
  carries(Euler{}, [](double sigma, double to) { return StepOnGaussian{1 + (to - sigma) * gaussian_slope(sigma), 0}; });
}

TEST_CASE("euler: one step is the denoised image, from a level without signal too") {
  for (const Path path : all_paths) {
    const Affine x = Gaussian{}.carry(Euler{}, {level_of(path, 3), {0, 1, 0}});
    const Affine x0 = Gaussian{}.denoise(Affine{0, 1, {}}, level_of(path, 3), Affine{1, 0, {}}).x0;
    CHECK(x.constant == doctest::Approx(x0.constant).epsilon(1e-12));
    CHECK(x.start == doctest::Approx(x0.start).epsilon(1e-12));
  }
  const Affine x = Gaussian{}.carry(Euler{}, {{1, 0, 1}, {.5, .5, .5}});
  CHECK(x.constant == doctest::Approx(.5 * .3));
  CHECK(x.start == doctest::Approx(.5));
}
