#pragma once
#include <array>
#include <cmath>

#include <hush/sampler.hpp>

namespace hush {

/// The variance of DDPM's fresh noise: that of the posterior q(x_to | x_from, x0), or beta itself.
enum class Variance { fixed_small, fixed_large };
constexpr std::array<const char*, 2> names_of(Variance) { return {"fixed_small", "fixed_large"}; }

/// Ancestral sampling (Ho et al. 2020, algorithm 2, with x0 in place of eps: eq. 7), over any interval of any schedule.
/// No noise is added where the step ends without noise.
struct Ddpm {
  Variance variance = Variance::fixed_small;

  /// q(x_to | x_from, x0) = N(x0 * the clean image + x * the noisy one, variance): eq. 6 and 7.
  struct Posterior {
    double x0, x, variance;
  };
  static Posterior posterior(Level from, Level to) {
    const double alpha = (from.signal / to.signal) * (from.signal / to.signal);
    const double left = to.noise * to.noise / (from.noise * from.noise);  // (1 - alpha_bar_to) / (1 - alpha_bar_from)
    const double beta = from.noise * from.noise - alpha * to.noise * to.noise;
    return {to.signal * beta / (from.noise * from.noise), from.signal / to.signal * left, left * beta};
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const auto [c0, cx, small] = posterior(from, to);
    const X mean = c0 * denoise(x, from).x0 + cx * x;
    if (to.noise == 0) return mean;
    const double large = small * (from.noise * from.noise) / (to.noise * to.noise);  // beta
    return mean + std::sqrt(variance == Variance::fixed_small ? small : large) * noise();
  }
  static constexpr void fields(auto& self, auto&& f) { f("variance", self.variance); }
  friend constexpr bool operator==(const Ddpm&, const Ddpm&) = default;
};
static_assert(Sampler<Ddpm>);

}  // namespace hush
