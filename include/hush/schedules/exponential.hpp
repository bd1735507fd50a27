#pragma once
#include <cmath>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>

namespace hush {

/// alpha_bar falls like exp(-rate * t), t in [0, 1], so that all betas are the same, and none exceeds `cap`; times
/// 0..steps-1. Source: the transform "exp" of diffusers, with its rate 12. (Sigmas in a geometric sequence, which
/// k-diffusion calls exponential, are `Geometric`.)
struct Exponential {
  Steps steps = 1000;
  double rate = 12, cap = .999;

  double alpha_bar(double position) const { return std::exp(-rate * position / steps); }
  double beta(int i) const { return capped_beta(*this, i); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check(rate > 0 && std::isfinite(rate), "Exponential", "rate must be more than 0 and finite, got ", rate);
    return level_from_alpha_bar(*this, time);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("steps", self.steps), f("rate", self.rate), f("cap", self.cap);
  }
  friend constexpr bool operator==(const Exponential&, const Exponential&) = default;
};
static_assert(DiscreteSchedule<Exponential>);

}  // namespace hush
