#pragma once
#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// The levels of NCSN: signal 1, noise from `smallest` at time 0 to `largest` at time steps-1 in a geometric sequence;
/// clean at -1. (The paper and its code number them the other way round.) Between two levels, and from 0 to the first,
/// the noise is linear in time. Sources: Song and Ermon 2019, section 4.2; Song et al. 2021, eq. 30 (.01 to 50).
struct Geometric {
  double smallest = .01, largest = 1;
  Steps steps = 10;

  double sigma(int i) const { return geometric_sigma(smallest, largest, part_of(i, steps)); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check_sigmas("Geometric", smallest, largest);
    return {time, 1, sigma_at(*this, time)};
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("smallest", self.smallest), f("largest", self.largest), f("steps", self.steps);
  }
  friend constexpr bool operator==(const Geometric&, const Geometric&) = default;
};
static_assert(DiscreteSchedule<Geometric>);

}  // namespace hush
