#pragma once
#include <hush/grid.hpp>

namespace hush {

/// Timestep spacing "leading": multiples of T/n rounded down, plus `offset`: for T = 1000 and n = 10, 900, 800, ..., 0.
/// On a continuous schedule evenly from `lowest` up, 1 not included. Sampling starts below the noisiest level, with few
/// steps far below; with `Trailing` it starts there. Source: Song et al. 2021, appendix D.2; Stable Diffusion has
/// offset 1.
struct Leading {
  double lowest = 1e-3;  // the smallest time, for continuous schedules only
  int offset = 0;        // for discrete schedules only
  bool closed = true;    // false: n + 1 such times without the least noisy one (DPM-Solver in diffusers)

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Leading");
    check(lowest > 0 && lowest < 1, "Leading", "lowest must be in (0, 1), got ", lowest);
    const int steps = schedule.steps(), open = closed ? 0 : 1, points = n + open, stride = steps / points;
    check(steps == 0 || stride > 0, "Leading", n, " steps of ", points, " times are too many for the ", steps,
          " of the schedule");
    check(offset >= 0 && (steps == 0 || offset < steps - (points - 1) * stride), "Leading", "an offset of ", offset,
          " leads out of the ", steps, " steps");
    return descending(schedule, n, [&](int k) {
      const int i = k + open;
      return steps > 0 ? offset + i * stride : lowest + (1 - lowest) * i / points;
    });
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("lowest", self.lowest), f("offset", self.offset), f("closed", self.closed);
  }
  friend bool operator==(const Leading&, const Leading&) = default;
};
static_assert(GridRule<Leading>);

}  // namespace hush
