#pragma once
#include <hush/level_distribution.hpp>

namespace hush {

/// Uniform over the levels number `first` to `last`, the clean level being number 0; last = 0 means T. Source: Ho et
/// al. 2020, algorithm 1, t ~ U{1..T}. A paper or program that draws from [0, T) of a 1-based table has {.first = 0,
/// .last = T - 1}.
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
