#pragma once
#include <hush/level_distribution.hpp>

namespace hush {

/// A time uniform in (lowest, 1] of a continuous schedule; on a discrete one uniform between its first noisy level and
/// its last, fractional times included. Source: Song et al. 2021, eq. 7, whose code starts at 1e-5.
struct ContinuousUniform {
  double lowest = 1e-5;  // for continuous schedules only

  template <class U>
  double operator()(const AnySchedule& schedule, U&& uniform) const {
    check(lowest >= 0 && lowest < 1, "ContinuousUniform", "lowest must be in [0, 1), got ", lowest);
    const int steps = schedule.steps();
    return schedule.clean() + (steps > 0 ? steps - uniform() * (steps - 1) : 1 - uniform() * (1 - lowest));
  }
  static constexpr void fields(auto& self, auto&& f) { f("lowest", self.lowest); }
  friend constexpr bool operator==(const ContinuousUniform&, const ContinuousUniform&) = default;
};
static_assert(LevelDistribution<ContinuousUniform>);

}  // namespace hush
