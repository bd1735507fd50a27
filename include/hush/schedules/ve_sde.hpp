#pragma once
#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// The variance-exploding process in continuous time: signal 1, noise from `smallest` to `largest` in a geometric
/// sequence; times [0, 1]. At 0 it jumps: 0 is clean, and the noise just above it is `smallest`.
/// Source: Song et al. 2021, "Score-based generative modeling", eq. 31.
struct VeSde {
  double smallest = .01, largest = 50;

  Level operator()(double time) const {
    check_unit_time("VeSde", time);
    check_sigmas("VeSde", smallest, largest);
    return {time, 1, time > 0 ? geometric_sigma(smallest, largest, time) : 0};
  }
  static constexpr void fields(auto& self, auto&& f) { f("smallest", self.smallest), f("largest", self.largest); }
  friend constexpr bool operator==(const VeSde&, const VeSde&) = default;
};
static_assert(NoiseSchedule<VeSde>);

}  // namespace hush
