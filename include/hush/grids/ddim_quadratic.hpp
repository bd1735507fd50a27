#pragma once
#include <cmath>

#include <hush/grid.hpp>

namespace hush {

/// Times with evenly spaced square roots, from 0 to `part` of T, rounded down: for T = 1000 and n = 10, 800, 632, ...,
/// 9, 0. On a continuous schedule from `lowest` to 1. Throws std::invalid_argument if so many steps make two times
/// equal. Source: Song et al. 2021 (DDIM), appendix D.2, "quad" in its code.
struct DdimQuadratic {
  double part = .8;      // for discrete schedules only
  double lowest = 1e-3;  // the smallest time, for continuous schedules only

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "DdimQuadratic");
    check(part > 0 && part < 1, "DdimQuadratic", "part must be in (0, 1), got ", part);
    check(lowest > 0 && lowest < 1, "DdimQuadratic", "lowest must be in (0, 1), got ", lowest);
    const bool discrete = schedule.steps() > 0;
    const double from = discrete ? 0 : std::sqrt(lowest), to = discrete ? std::sqrt(schedule.steps() * part) : 1;
    const double stride = n > 1 ? (to - from) / (n - 1) : 0;  // numpy's roundings, for the squares that are whole
    std::vector<double> times = descending(schedule, n, [&](int k) {
      const double root = k < n - 1 ? k * stride + from : n > 1 || !discrete ? to : from;
      return discrete ? std::floor(root * root) : root * root;
    });
    for (int k = 1; k < n; ++k)
      check(times[std::size_t(k)] < times[std::size_t(k) - 1], "DdimQuadratic", n, " steps of a schedule of ",
            schedule.steps(), " make two times equal, ", times[std::size_t(k)], ": take fewer, or another grid");
    check_times(schedule, times, "DdimQuadratic");
    return times;
  }
  static constexpr void fields(auto& self, auto&& f) { f("part", self.part), f("lowest", self.lowest); }
  friend bool operator==(const DdimQuadratic&, const DdimQuadratic&) = default;
};
static_assert(GridRule<DdimQuadratic>);

}  // namespace hush
