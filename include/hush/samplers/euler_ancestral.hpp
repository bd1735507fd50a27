#pragma once
#include <hush/sampler.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// Euler's method with fresh noise: a step in y = x / signal down to sigma_down, below the target level, then noise of
/// sigma_up, sigma_down^2 + sigma_up^2 = sigma_to^2. eta = 0 is Euler, eta = 1 is DDPM (fixed small); sigma_up is at
/// most sigma_to. Throws std::invalid_argument for a negative or infinite eta. Source: k-diffusion,
/// sample_euler_ancestral.
struct EulerAncestral {
  double eta = 1;

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const detail::AncestralStep split = detail::ancestral_step(from, to, eta, "EulerAncestral");
    const X mean = detail::euler_step<X>(x, denoise(x, from).x0, from, split.down);
    if (split.up == 0) return mean;
    return mean + split.up * noise();
  }
  static constexpr void fields(auto& self, auto&& f) { f("eta", self.eta); }
  friend constexpr bool operator==(const EulerAncestral&, const EulerAncestral&) = default;
};
static_assert(Sampler<EulerAncestral>);

}  // namespace hush
