#pragma once
#include <hush/grid.hpp>

namespace hush {

/// Every (T/n)-th time from the first noisy one on, T/n rounded down: for T = 1000 and n = 10, 900, 800, ..., 0, all
/// later by `offset`. A continuous schedule is divided evenly from `lowest` on, 1 not included. It starts below the
/// noisiest level, with few steps far below: `Trailing` does not. Source: Song et al. 2021, appendix D.2; Stable
/// Diffusion has offset 1.
struct Leading {
  double lowest = 1e-3;  // the smallest time, for continuous schedules only
  int offset = 0;        // for discrete schedules only
  bool closed = true;    // false: of n + 1 such times the least noisy one falls away (DPM-Solver in diffusers)

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Leading");
    check(lowest > 0 && lowest < 1, "Leading", "lowest must be in (0, 1), got ", lowest);
    const int steps = schedule.steps(), open = closed ? 0 : 1, points = n + open, stride = steps / points;
    check(steps == 0 || stride > 0, "Leading", n, " steps of ", points, " times are too many for the ", steps,
          " of the schedule");
    check(offset >= 0 && (steps == 0 || offset + (points - 1) * stride < steps), "Leading", "an offset of ", offset,
          " leads out of the ", steps, " steps");
    return descending(schedule, n, [&](int k) {
      const int i = k + open;
      return steps > 0 ? offset + i * stride : lowest + (1 - lowest) * i / points;
    });
  }
};
static_assert(GridRule<Leading>);

}  // namespace hush
