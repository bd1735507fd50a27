#pragma once
#include <cmath>

#include <hush/grid.hpp>

namespace hush {

/// Timestep spacing "trailing": from the noisiest time down in strides of T/n, rounded half to even: for T = 1000 and n
/// = 10, 999, 899, ..., 99. On a continuous schedule 1, (n-1)/n, ..., 1/n. Source: Lin et al. 2024, table 2.
struct Trailing {
  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Trailing");
    const double steps = schedule.steps(), stride = (steps - steps / n) - steps;  // as numpy.arange(T, 0, -T / n) does
    return descending(schedule, n, [&](int k) {
      if (steps == 0) return double(k + 1) / n;
      const volatile double down = (n - 1 - k) * stride;  // rounded by itself: no fused sum, which differs at halves
      return std::nearbyint(steps + down) - 1;
    });
  }
};
static_assert(GridRule<Trailing>);

}  // namespace hush
