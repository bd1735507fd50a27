#pragma once
#include <cmath>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// Betas that grow from about `first` to about `last` along a sigmoid of -reach..reach; times 0..steps-1.
/// Source: GeoDiff (Xu et al. 2022), whose reach is 6.
struct SigmoidBeta {
  double first = 1e-4, last = .02;
  Steps steps = 1000;
  double reach = 6;

  double beta(int i) const { return first + (last - first) / (1 + std::exp(-linspace(-reach, reach, steps, i))); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check(reach > 0 && std::isfinite(reach), "SigmoidBeta", "reach must be more than 0 and finite, got ", reach);
    return level_from_betas(*this, time);
  }
  auto rising() const { return LevelsFromBetas(*this); }
  static constexpr void fields(auto& self, auto&& f) {
    f("first", self.first), f("last", self.last), f("steps", self.steps), f("reach", self.reach);
  }
  friend constexpr bool operator==(const SigmoidBeta&, const SigmoidBeta&) = default;
};
static_assert(DiscreteSchedule<SigmoidBeta>);

}  // namespace hush
