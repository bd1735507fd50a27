#pragma once
#include <cmath>

#include <hush/grid.hpp>

namespace hush {

/// Timestep spacing "linspace": evenly from the noisiest time to the least noisy one, both included, rounded half to
/// even: for T = 1000 and n = 10, 999, 888, ..., 0; for n = 1 the noisiest. On a continuous schedule from 1 to
/// `lowest`, not rounded. `rounded` = false: fractional times, as Euler and its kin have them in diffusers. Source:
/// Nichol and Dhariwal 2021, section 4 ("K evenly spaced real numbers between 1 and T, rounded").
struct Linspace {
  double lowest = 1e-3;  // the smallest time, for continuous schedules only
  bool closed = true;    // false: n + 1 such times without the least noisy one (DPM-Solver in diffusers)
  bool rounded = true;   // to whole times, for discrete schedules only

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Linspace");
    check(lowest > 0 && lowest < 1, "Linspace", "lowest must be in (0, 1), got ", lowest);
    const int last = schedule.steps() - 1, open = closed ? 0 : 1, points = n + open;
    check(last < 0 || points <= last + 1, "Linspace", n, " steps of ", points, " numbers are too many for the ",
          last + 1, " of the schedule");
    const double stride = points > 1 ? double(last) / (points - 1) : 0;
    return descending(schedule, n, [&](int k) {
      const int i = k + open;
      const double part = points > 1 ? double(i) / (points - 1) : 1;
      if (last < 0) return lowest + (1 - lowest) * part;
      if (i == points - 1) return double(last);
      return rounded ? std::nearbyint(i * stride) : i * stride;  // numpy's roundings, which decide at halves
    });
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("lowest", self.lowest), f("closed", self.closed), f("rounded", self.rounded);
  }
  friend bool operator==(const Linspace&, const Linspace&) = default;
};
static_assert(GridRule<Linspace>);

}  // namespace hush
