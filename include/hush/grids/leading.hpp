#pragma once
#include <hush/grid.hpp>

namespace hush {

/// Every (T/n)-th time from the first noisy one on, T/n rounded down: for T = 1000 and n = 10, 900, 800, ..., 0.
/// A continuous schedule is divided evenly from `lowest` on, 1 not included. Source: Song et al. 2021, appendix D.2.
struct Leading {
  double lowest = 1e-3;  // the smallest time, for continuous schedules only

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Leading");
    check(lowest > 0 && lowest < 1, "Leading", "lowest must be in (0, 1), got ", lowest);
    const int stride = schedule.steps() / n;
    return descending(schedule, n,
                      [&](int k) { return stride > 0 ? double(k) * stride : lowest + (1 - lowest) * k / n; });
  }
};
static_assert(GridRule<Leading>);

}  // namespace hush
