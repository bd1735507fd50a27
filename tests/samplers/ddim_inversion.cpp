#include <hush/samplers/ddim_inversion.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include <hush/grids/leading.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "samplers/named_noise.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};

const auto no_noise = [](int, int) -> Pixels<double> { throw std::logic_error("nobody may ask for noise"); };

Trajectory upward(const auto& schedule, const std::vector<double>& times) {
  return trajectory(schedule, DdimInversion{}, times);
}

}  // namespace

TEST_CASE("ddim inversion: the sums of diffusers 0.42 in double") {
  const auto sum = [](const std::vector<double>& times) {
    const auto denoise = denoiser(PredictNoise{}, peer_model, 0);
    return magnitude(run_eagerly(DdimInversion{}, upward(ddpm, times), peer_sample<double>(), denoise, no_noise));
  };
  CHECK(std::abs(sum(Leading{}(ddpm, 10)) - 671.6821076579) < 1e-9);
  CHECK(std::abs(sum(Trailing{}(ddpm, 5)) - 613.78964129) < 1e-8);
}

TEST_CASE("ddim inversion: it goes up from the clean level, and asks at the level it arrives at") {
  const Trajectory run = upward(ddpm, {500, 100});
  CHECK(run.levels == std::vector<Level>{ddpm(-1), ddpm(100), ddpm(500)});
  std::vector<double> seen;
  const auto look = [&](double x, Level at) {
    seen.push_back(at.time);
    return Denoised<double>{x, x};
  };
  run_eagerly(DdimInversion{}, run, 1., look, [](int, int) { return 0.; });
  CHECK(seen == std::vector<double>{100, 500});
}

TEST_CASE("ddim inversion: with a fixed eps, ddim goes back to the image, VP and VE") {
  const Pixels<double> image{{.5, -.25, 1}}, eps{{.1, 2, -1}};
  const auto fixed = [&](const Pixels<double>& x, Level at) {
    return Denoised<Pixels<double>>{1 / at.signal * (x - at.noise * eps), eps};
  };
  const auto there_and_back = [&](const auto& schedule, int steps) {
    const std::vector<double> times = Leading{}(schedule, steps);
    const Pixels<double> noisy = run_eagerly(DdimInversion{}, upward(schedule, times), image, fixed, no_noise);
    const Level top = schedule(times[0]);
    const Pixels<double> back = run_eagerly(Ddim{}, levels_at(schedule, times), noisy, fixed, no_noise);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(noisy.values[i] == doctest::Approx(top.signal * image.values[i] + top.noise * eps.values[i]));
      CHECK(back.values[i] == doctest::Approx(image.values[i]).epsilon(1e-10));
    }
  };
  for (const int steps : {1, 10, 1000}) there_and_back(ddpm, steps);
  for (const int steps : {1, 10, 100}) there_and_back(Exploding{}, steps);
}

TEST_CASE("ddim inversion: Gaussian data becomes the noise of its level, the nearer the more steps") {
  // An image of N(.3, .25^2) arrives as N(signal .3, signal^2 .25^2 + noise^2): the flow keeps its place in them.
  const auto off = [](int steps) {
    const Affine x = Gaussian{}.carry(DdimInversion{}, upward(ddpm, Leading{}(ddpm, steps)));
    const double variance = x.start * x.start * .0625, mean = x.constant + x.start * .3;
    return std::abs(variance - 1) + std::abs(mean);
  };
  CHECK(off(1000) < .03);
  CHECK(off(1000) < off(200) / 3);
  CHECK(off(200) < off(50) / 2);
}

TEST_CASE("ddim inversion: a planned run is an eager run") {
  for (const int steps : {1, 2, 25}) {
    CHECK(apart(DdimInversion{}, upward(ddpm, Leading{}(ddpm, steps))) < 1e-12);
    CHECK(apart(DdimInversion{}, upward(Exploding{}, Leading{}(Exploding{}, steps))) < 1e-11);
  }
}
