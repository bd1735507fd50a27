#pragma once
#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// Betas linearly spaced from `first` to `last`; times 0..steps-1. Source: Ho et al. 2020, section 4.
/// `points`: the number of evenly spaced betas, of which the first `steps` are used; 0 means `steps`.
struct LinearBeta {
  double first = 1e-4, last = .02;
  Steps steps = 1000;
  int points = 0;

  double beta(int i) const {
    check(points == 0 || points >= steps(), "LinearBeta", points, " points are too few for ", steps(), " steps");
    return linspace(first, last, points == 0 ? steps() : points, i);
  }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const { return level_from_betas(*this, time); }
  auto rising() const { return LevelsFromBetas(*this); }
  static constexpr void fields(auto& self, auto&& f) {
    f("first", self.first), f("last", self.last), f("steps", self.steps), f("points", self.points);
  }
  friend constexpr bool operator==(const LinearBeta&, const LinearBeta&) = default;
};
static_assert(DiscreteSchedule<LinearBeta>);

}  // namespace hush
