#pragma once
#include <hush/sampler.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// DPM-2: the midpoint method in y = x / signal, second order. The middle of a step is the geometric mean of its two
/// sigmas (sigma = noise / signal); the schedule must have a level there. Two network calls a step, one where the step
/// ends without noise (Euler). Source: k-diffusion, sample_dpm_2, after Karras et al. 2022, algorithm 2.
struct Dpm2 {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, const Trajectory& trajectory) const {
    return detail::midpoint_step<X>(denoise, x, from, to, trajectory);
  }
  friend constexpr bool operator==(const Dpm2&, const Dpm2&) = default;
};
static_assert(Sampler<Dpm2>);

}  // namespace hush
