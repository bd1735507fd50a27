#pragma once
#include <cmath>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// The levels that EDM samples at: signal 1, noise from `smallest` at time 0 to `largest` at time steps-1,
/// noise^(1/rho) evenly spaced; clean at -1. Between two levels, and from 0 to the first, the noise is linear in time.
/// Source: Karras et al. 2022, eq. 5.
struct Karras {
  double smallest = .002, largest = 80;
  Steps steps = 18;
  double rho = 7;

  double sigma(int i) const { return karras_sigma(smallest, largest, rho, part_of(i, steps)); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check_sigmas("Karras", smallest, largest);
    check(rho > 0 && std::isfinite(rho), "Karras", "rho must be more than 0 and finite, got ", rho);
    return {time, 1, sigma_at(*this, time)};
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("smallest", self.smallest), f("largest", self.largest), f("steps", self.steps), f("rho", self.rho);
  }
  friend constexpr bool operator==(const Karras&, const Karras&) = default;
};
static_assert(DiscreteSchedule<Karras>);

}  // namespace hush
