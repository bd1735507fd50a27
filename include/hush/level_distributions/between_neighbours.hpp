#pragma once
#include <hush/level_distribution.hpp>

namespace hush {

/// A uniformly drawn interval between two neighbouring levels, then gamma = signal^2 uniform within it: a fractional
/// time, as gamma is linear between levels. Wants at least 2 levels. Source: Saharia et al. 2022, appendix of Palette.
struct BetweenNeighbours {
  template <DiscreteSchedule S, class U>
  double operator()(const S& schedule, U&& uniform) const {
    const int steps = schedule.steps();
    check_counted(steps, "BetweenNeighbours");
    check(steps >= 2, "BetweenNeighbours", "wants a schedule of at least 2 steps, got ", steps);
    const int lower = between(1, steps - 1, uniform());
    return schedule.clean() + lower + uniform();
  }
  friend constexpr bool operator==(const BetweenNeighbours&, const BetweenNeighbours&) = default;
};
static_assert(LevelDistribution<BetweenNeighbours>);

}  // namespace hush
