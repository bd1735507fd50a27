#pragma once
#include <hush/grid.hpp>

namespace hush {

/// Every (T/n)-th time from the first noisy one on, T/n rounded down: for T = 1000 and n = 10, 900, 800, ..., 0, all
/// later by `offset`. A continuous schedule is divided evenly from `lowest` on, 1 not included.
/// Source: Song et al. 2021, appendix D.2; Stable Diffusion has offset 1.
struct Leading {
  double lowest = 1e-3;  // the smallest time, for continuous schedules only
  int offset = 0;        // for discrete schedules only

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Leading");
    check(lowest > 0 && lowest < 1, "Leading", "lowest must be in (0, 1), got ", lowest);
    const int steps = schedule.steps(), stride = steps / n;
    check(offset >= 0 && (stride == 0 || offset + (n - 1) * stride < steps), "Leading", "an offset of ", offset,
          " leads out of the ", steps, " steps");
    return descending(schedule, n,
                      [&](int k) { return stride > 0 ? offset + k * stride : lowest + (1 - lowest) * k / n; });
  }
};
static_assert(GridRule<Leading>);

}  // namespace hush
