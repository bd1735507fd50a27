#pragma once
#include <cmath>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// Gradient estimation (Permenter and Yuan 2024, "Interpreting and improving diffusion models from an optimization
/// perspective", algorithm 2): Euler's step in y = x / signal over sigma = noise / signal along
/// gamma eps + (1 - gamma) eps_old, eps being the noise (y - D) / sigma of this step and eps_old that of the step
/// before. One network call a step, no fresh noise. gamma = 1 is Euler's method, 2 the authors' choice; 3/2 is
/// Adams-Bashforth of order 2 where steps are even in sigma, all others are of order 1. The first step is Euler's; a
/// step to noise 0 gives x0. Throws std::invalid_argument for a gamma that is not finite.
struct GradientEstimation {
  double gamma = 2;

  template <class X>
  struct Memory {
    std::vector<X> past;  // eps of the step before
  };

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory) const {
    check(std::isfinite(gamma), "GradientEstimation", "gamma must be finite, got ", gamma);
    const X x0 = denoise(x, from).x0;
    const X next = detail::euler_step(x, x0, from, to);
    if (to.noise == 0 || from.signal == 0) return next;  // without signal sigma is infinite: nothing to remember
    const X eps = detail::slope(x, x0, from);
    const std::vector<X> old = std::exchange(memory.past, {eps});
    if (old.empty()) return next;
    const double ahead = to.noise - to.signal * sigma_of(from);
    return next + (gamma - 1) * ahead * (eps - old[0]);
  }
  static constexpr void fields(auto& self, auto&& f) { f("gamma", self.gamma); }
  friend constexpr bool operator==(const GradientEstimation&, const GradientEstimation&) = default;
};
static_assert(Sampler<GradientEstimation>);

}  // namespace hush
