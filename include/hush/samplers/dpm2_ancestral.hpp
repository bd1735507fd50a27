#pragma once
#include <hush/sampler.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// DPM-2 with fresh noise: a step of the midpoint method in y = x / signal down to sigma_down, then noise of sigma_up,
/// sigma_down^2 + sigma_up^2 = sigma_to^2. The middle is the geometric mean of sigma and sigma_down; the schedule must
/// have a level there. eta = 0 is DPM-2; sigma_up is at most sigma_to. Throws std::invalid_argument for a negative or
/// infinite eta. Source: k-diffusion, sample_dpm_2_ancestral.
struct Dpm2Ancestral {
  double eta = 1;

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, const Trajectory& trajectory) const {
    const detail::AncestralStep split = detail::ancestral_step(from, to, eta, "Dpm2Ancestral");
    const X mean = detail::midpoint_step<X>(denoise, x, from, split.down, trajectory);
    if (split.up == 0) return mean;
    return mean + split.up * noise();
  }
  static constexpr void fields(auto& self, auto&& f) { f("eta", self.eta); }
  friend constexpr bool operator==(const Dpm2Ancestral&, const Dpm2Ancestral&) = default;
};
static_assert(Sampler<Dpm2Ancestral>);

}  // namespace hush
