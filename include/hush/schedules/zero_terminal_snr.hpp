#pragma once
#include <cmath>
#include <vector>

#include <hush/level.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/shared/rescaled_alpha_bar.hpp>

namespace hush {

/// A variance-preserving schedule rescaled so that its noisiest level has signal 0 and its first is unchanged;
/// alpha_bar is linear between whole times. Wants at least 2 levels. Predicted noise does not determine x0 at the last
/// one: train with PredictVelocity or PredictX0. `ZeroTerminalSnr{LinearBeta{}}`. Source: Lin et al. 2024, algorithm 1.
template <class S>
struct ZeroTerminalSnr {
  S inner{};

  constexpr int steps() const { return inner.steps(); }
  constexpr double clean() const { return inner.clean(); }
  double beta(int time) const { return 1 - alpha_bar(time) / alpha_bar(time - 1); }
  /// All betas, by one pass over the levels.
  std::vector<double> betas() const {
    std::vector<double> list;
    detail::RescaledAlphaBar bar(inner);
    for (int i = 1; i <= steps(); ++i) {
      const double before = bar(clean() + i - 1);
      list.push_back(1 - bar(clean() + i) / before);
    }
    return list;
  }

  /// alpha_bar at a whole time.
  double alpha_bar(double time) const { return detail::RescaledAlphaBar(inner)(time); }
  Level operator()(double time) const { return rising()(time); }
  auto rising() const {
    return [this, bar = detail::RescaledAlphaBar(inner)](double time) mutable {
      check_time(*this, time);
      const double below = std::floor(time), before = bar(below);
      return variance_preserving(time, below < time ? before + (time - below) * (bar(below + 1) - before) : before);
    };
  }
  static constexpr void fields(auto& self, auto&& f) { f("inner", self.inner); }
  friend constexpr bool operator==(const ZeroTerminalSnr&, const ZeroTerminalSnr&) = default;
};
template <class S>
ZeroTerminalSnr(S) -> ZeroTerminalSnr<S>;
static_assert(DiscreteSchedule<ZeroTerminalSnr<AnySchedule>>);

}  // namespace hush
