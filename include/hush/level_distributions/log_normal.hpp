#pragma once
#include <cmath>
#include <numbers>

#include <hush/level_distribution.hpp>
#include <hush/schedules/shared/inverse.hpp>

namespace hush {

/// ln(noise / signal) ~ N(mean, deviation^2), clamped to the range of the schedule: from its first noisy level, or from
/// 0 where it is continuous, to its last. On a discrete schedule the times are fractional. The normal number is the
/// quantile of one uniform number, so that `Stratified` and `Antithetic` apply to it. Source: Karras et al. 2022, table
/// 1 and section 5.
struct LogNormal {
  double mean = -1.2, deviation = 1.2;

  template <class U>
  double operator()(const AnySchedule& schedule, U&& uniform) const {
    check(std::isfinite(mean), "LogNormal", "mean must be finite, got ", mean);
    check(deviation >= 0 && std::isfinite(deviation), "LogNormal", "deviation must be 0 or more and finite, got ",
          deviation);
    const int steps = schedule.steps();
    const double first = steps > 0 ? sigma_of(schedule(schedule.clean() + 1)) : 0;
    const double last = sigma_of(schedule(schedule.clean() + (steps > 0 ? steps : 1)));
    const double sigma = std::exp(mean + deviation * quantile(uniform()));
    return time_of_sigma(schedule, std::fmin(std::fmax(sigma, first), last));
  }

  /// The quantile function (inverse CDF) of N(0, 1) at u in [0, 1), within -9..9.
  static double quantile(double u) {
    double low = -9, high = 9;
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (std::erfc(-middle / std::numbers::sqrt2) / 2 < u ? low : high) = middle;
    }
    return (low + high) / 2;
  }
  static constexpr void fields(auto& self, auto&& f) { f("mean", self.mean), f("deviation", self.deviation); }
  friend constexpr bool operator==(const LogNormal&, const LogNormal&) = default;
};
static_assert(LevelDistribution<LogNormal>);

}  // namespace hush
