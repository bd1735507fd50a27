#pragma once
#include <cmath>

#include <hush/level.hpp>
#include <hush/schedule.hpp>

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

  /// alpha_bar at a whole time.
  double alpha_bar(double time) const {
    if (time == clean()) return 1;
    const Level noisiest = inner(clean() + steps());
    check(steps() >= 2 && is_preserving(noisiest), "ZeroTerminalSnr",
          "wants a variance-preserving schedule of at least 2 steps");
    const double first = inner(clean() + 1).signal, last = noisiest.signal;
    const double root = (inner(time).signal - last) * (first / (first - last));
    return root * root;
  }
  Level operator()(double time) const {
    check_time(*this, time);
    const double below = std::floor(time), before = alpha_bar(below);
    return variance_preserving(time, below < time ? before + (time - below) * (alpha_bar(below + 1) - before) : before);
  }
  static constexpr void fields(auto& self, auto&& f) { f("inner", self.inner); }
  friend constexpr bool operator==(const ZeroTerminalSnr&, const ZeroTerminalSnr&) = default;
};
template <class S>
ZeroTerminalSnr(S) -> ZeroTerminalSnr<S>;
static_assert(DiscreteSchedule<ZeroTerminalSnr<AnySchedule>>);

}  // namespace hush
