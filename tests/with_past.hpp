#pragma once
#include <vector>

#include <hush/sampler.hpp>

// Samplers with a past, for the tests of what runs samplers.
namespace hush {

/// Keeps the noise of the step before, and uses it again.
struct Echo {
  template <class X>
  struct Memory {
    std::vector<X> z;
  };
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, Memory<X>& memory) const {
    const X mean = to.signal * denoise(x, from).x0;
    if (to.noise == 0) return mean;
    const X z = noise(), used = memory.z.empty() ? z : .6 * z + .8 * memory.z[0];
    memory.z = {z};
    return mean + to.noise * used;
  }
};

/// Wants the last two estimates.
struct TwoStep {
  template <class X>
  struct Memory {
    std::vector<X> x0;
  };
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory) const {
    const auto [now, eps] = denoise(x, from);
    const X x0 = memory.x0.empty() ? now : 1.5 * now - .5 * memory.x0[0];
    memory.x0 = {now};
    return to.signal * x0 + to.noise * eps;
  }
};

}  // namespace hush
