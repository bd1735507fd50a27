#pragma once
#include <hush/level.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// A 0-based schedule renumbered: times 1..T, clean at 0, as in algorithms 1 and 2 of Ho et al. 2020.
/// `OneBased{LinearBeta{...}}`.
template <class S>
struct OneBased {
  S zero_based{};
  constexpr int steps() const { return zero_based.steps(); }
  constexpr double beta(int i) const { return zero_based.beta(i - 1); }
  constexpr double clean() const { return zero_based.clean() + 1; }
  Level operator()(double time) const {
    check_time(*this, time);
    Level at = zero_based(time - 1);
    at.time = time;
    return at;
  }
  auto rising() const requires requires { zero_based.rising(); }
  {
    return [this, levels = zero_based.rising()](double time) mutable {
      check_time(*this, time);
      Level at = levels(time - 1);
      at.time = time;
      return at;
    };
  }
  static constexpr void fields(auto& self, auto&& f) { f("zero_based", self.zero_based); }
  friend constexpr bool operator==(const OneBased&, const OneBased&) = default;
};
template <class S>
OneBased(S) -> OneBased<S>;
static_assert(DiscreteSchedule<OneBased<AnySchedule>>);

}  // namespace hush
