#pragma once
#include <cmath>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// Betas from `first` to `last` with linearly spaced square roots; times 0..steps-1. The defaults are those of latent
/// diffusion (Rombach et al. 2022); with 1e-4 and .02 it is the schedule "quad" of Ho et al. 2020's code.
struct ScaledLinear {
  double first = .00085, last = .012;
  Steps steps = 1000;

  double beta(int i) const {
    const double root = linspace(std::sqrt(first), std::sqrt(last), steps, i);
    return root * root;
  }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const { return level_from_betas(*this, time); }
  auto rising() const { return LevelsFromBetas(*this); }
  static constexpr void fields(auto& self, auto&& f) {
    f("first", self.first), f("last", self.last), f("steps", self.steps);
  }
  friend constexpr bool operator==(const ScaledLinear&, const ScaledLinear&) = default;
};
static_assert(DiscreteSchedule<ScaledLinear>);

}  // namespace hush
