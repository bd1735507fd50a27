#pragma once
#include <hush/level_distribution.hpp>

namespace hush {

/// Each level is as likely as the other: number `first` to number `last`, counted from the clean one, which is number
/// 0; last = 0 means all T. Source: Ho et al. 2020, algorithm 1, t ~ U{1..T}. A document that draws from [0, T) of a
/// 1-based table says {.first = 0, .last = T - 1}.
struct DiscreteUniform {
  int first = 1, last = 0;

  template <DiscreteSchedule S, class U>
  double operator()(const S& schedule, U&& uniform) const {
    const int steps = schedule.steps(), end = last == 0 ? steps : last;
    check_counted(steps, "DiscreteUniform");
    check(0 <= first && first <= end && end <= steps, "DiscreteUniform", "levels ", first, " to ", end,
          " are not among 0 to ", steps);
    return schedule.clean() + between(first, end, uniform());
  }
  static constexpr void fields(auto& self, auto&& f) { f("first", self.first), f("last", self.last); }
  friend constexpr bool operator==(const DiscreteUniform&, const DiscreteUniform&) = default;
};
static_assert(LevelDistribution<DiscreteUniform>);

}  // namespace hush
