// The sampler that CONTRIBUTING.md adds, and the order of convergence it promises.
#include <doctest/doctest.h>

#include <cmath>
#include <hush/sampler.hpp>
#include <hush/samplers/ddim.hpp>

namespace {

using hush::Denoised;
using hush::Level;
using hush::NoMemory;
using hush::Sampler;
using hush::Trajectory;

// [ralston]
/// Ralston's second-order method on the probability flow: in the coordinates x / signal against sigma = noise / signal
/// the slope is eps, evaluated at the start and at two thirds of the step. Two network calls a step, no fresh noise.
struct Ralston {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, const Trajectory& trajectory) const {
    const double sigma = sigma_of(from), ahead = sigma_of(to) - sigma;
    const Level middle = trajectory.at_sigma(sigma + 2 * ahead / 3);
    const X here = denoise(x, from).eps;
    const X way = middle.signal * (1 / from.signal * x + (2 * ahead / 3) * here);
    const X there = denoise(way, middle).eps;
    return to.signal * (1 / from.signal * x + (ahead / 4) * here + (3 * ahead / 4) * there);
  }
};
static_assert(Sampler<Ralston>);
// [/ralston]

// Data ~ N(0, s^2): the exact denoiser is linear, and the flow only scales x.
constexpr double s = 0.5;

Denoised<double> exact(const double& x, Level at) {
  const double x0 = at.signal * s * s / (at.signal * at.signal * s * s + at.noise * at.noise) * x;
  return {x0, at.noise > 0 ? (x - at.signal * x0) / at.noise : 0};
}

// A variance-preserving level is an angle.
Level level(double angle) { return {angle, std::cos(angle), std::sin(angle)}; }

// |error| of carrying x = 1 through n equal steps of the angle, down to the clean image.
template <Sampler S>
double error(const S& sampler, int n) {
  Trajectory trajectory{{}, 0, level, [](double sigma) { return std::atan(sigma); }};
  for (int k = n; k >= 0; --k) trajectory.levels.push_back(level(1.2 * k / n));
  double x = 1;
  NoMemory memory;
  const auto none = []() -> double {
    FAIL("a flow draws no noise");
    return 0;
  };
  for (trajectory.step = 0; trajectory.step < n; ++trajectory.step)
    x = hush::advance(sampler, exact, x, trajectory, none, memory);
  const Level first = trajectory.levels[0];
  return std::fabs(x - s / std::sqrt(first.signal * first.signal * s * s + first.noise * first.noise));
}

}  // namespace

TEST_CASE("ralston: twice the steps, a quarter of the error; ddim only halves it") {
  CHECK(error(Ralston{}, 32) < error(Ralston{}, 16) / 3.5);
  CHECK(error(Ralston{}, 64) < error(Ralston{}, 32) / 3.5);
  CHECK(error(hush::Ddim{}, 64) > error(hush::Ddim{}, 32) / 2.5);
  CHECK(error(Ralston{}, 32) < error(hush::Ddim{}, 64) / 10);
}
