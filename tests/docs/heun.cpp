// The sampler that CONTRIBUTING.md adds, and the order of convergence it promises.
#include <doctest/doctest.h>

#include <cmath>
#include <hush/samplers/ddim.hpp>

namespace {

using hush::Denoised;
using hush::Level;
using hush::NoMemory;
using hush::Sampler;

// [heun]
/// Heun's method on the probability flow (Karras et al. 2022, algorithm 1), second order, no fresh noise: in the
/// coordinates x / signal against sigma = noise / signal the slope is eps. Asks the network twice a step.
struct Heun {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&) const {
    const double ahead = to.signal * (to.noise / to.signal - from.noise / from.signal);
    const X here = denoise(x, from).eps;
    const X euler = to.signal / from.signal * x + ahead * here;
    if (to.noise == 0) return euler;
    const X there = denoise(euler, to).eps;
    return to.signal / from.signal * x + 0.5 * ahead * (here + there);
  }
};
static_assert(Sampler<Heun>);
// [/heun]

// Data ~ N(0, s^2): the exact denoiser is linear, and the flow only scales x.
constexpr double s = 0.5;

Denoised<double> exact(const double& x, Level at) {
  const double x0 = at.signal * s * s / (at.signal * at.signal * s * s + at.noise * at.noise) * x;
  return {x0, at.noise > 0 ? (x - at.signal * x0) / at.noise : 0};
}

// |error| of carrying x = 1 through n equal steps of the angle of a variance-preserving level.
template <Sampler S>
double error(const S& sampler, int n) {
  const auto level = [n](int k) {
    const double angle = 1.2 * k / n;
    return Level{double(k), std::cos(angle), std::sin(angle)};
  };
  double x = 1;
  NoMemory memory;
  for (int k = n; k > 0; --k) {
    const auto none = []() -> double {
      FAIL("a flow draws no noise");
      return 0;
    };
    x = hush::advance(sampler, exact, x, level(k), level(k - 1), none, memory);
  }
  const Level first = level(n);
  return std::fabs(x - s / std::sqrt(first.signal * first.signal * s * s + first.noise * first.noise));
}

}  // namespace

TEST_CASE("heun: twice the steps, a quarter of the error; ddim only halves it") {
  CHECK(error(Heun{}, 32) < error(Heun{}, 16) / 3.5);
  CHECK(error(Heun{}, 64) < error(Heun{}, 32) / 3.5);
  CHECK(error(hush::Ddim{}, 64) > error(hush::Ddim{}, 32) / 2.5);
  CHECK(error(Heun{}, 32) < error(hush::Ddim{}, 64) / 10);
}
