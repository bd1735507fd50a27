#pragma once
#include <hush/grid.hpp>

namespace hush {

/// Evenly from the noisiest time down, the least noisy one not included, rounded half to even: for T = 1000 and n = 10,
/// 999, 899, ..., 99. On a continuous schedule 1, (n-1)/n, ..., 1/n. Source: Lin et al. 2024, table 2.
struct Trailing {
  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Trailing");
    const double steps = schedule.steps();
    return descending(schedule, n, [&](int k) {
      return steps > 0 ? std::nearbyint(steps - (n - 1 - k) * (steps / n)) - 1 : double(k + 1) / n;
    });
  }
};
static_assert(GridRule<Trailing>);

}  // namespace hush
