#pragma once
#include <cstdint>
#include <vector>

#include <hush/cpu/normals.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/schedules/cosine.hpp>

#include "samplers/pixels.hpp"

// Samplers that use fresh noise in uncommon places, and a run for them: for the tests of traced and lowered plans.
namespace samplers {

/// Looks twice in a step, at an image in which there is fresh noise, and uses that noise again: Ancestral Heun, sort
/// of.
struct LooksTwice {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const X z = noise(), other = noise();
    const X first = denoise(x, from).x0;
    if (to.noise == 0) return first;
    const X guess = to.signal * first + to.noise * z;
    const X second = denoise(guess, to).x0;
    return .5 * to.signal * (first + second) + to.noise * (.6 * z + .8 * other) + .1 * (z - z);
  }
};

/// Looks at x with fresh noise added, and at x as it is but smaller: neither is a register, though each begins as one.
struct Stirred {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const X stirred = denoise(x + .3 * noise(), from).x0, smaller = denoise(.5 * x, from).x0;
    return to.signal * (.5 * (stirred + smaller)) + to.noise * denoise(x, from).eps;
  }
};

inline const std::vector<Level> levels = levels_at(Cosine{.steps = 100}, Trailing{}(Cosine{.steps = 100}, 12));

inline Pixels<double> drawn(int step, int ordinal) {
  std::vector<float> z(77);
  fill_normal(z.data(), 0, 77,
              {.seed = 3, .step = std::uint32_t(step), .purpose = purpose("z", std::uint32_t(ordinal))});
  return {{z.begin(), z.end()}};
}

}  // namespace samplers
