#pragma once
#include <cmath>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>

namespace hush {

/// alpha_bar falls from 1 to 0 along a sigmoid of start..end, the sharper the smaller `tau` is, and no beta exceeds
/// `cap`; times 0..steps-1. Source: Chen 2023, "On the importance of noise scheduling", algorithm 1.
struct Sigmoid {
  Steps steps = 1000;
  double start = -3, end = 3, tau = 1, cap = .999;

  double alpha_bar(double position) const {
    const auto sigmoid = [this](double at) { return 1 / (1 + std::exp(-at / tau)); };
    const double from = sigmoid(start), to = sigmoid(end);
    return (to - sigmoid(start + position / steps * (end - start))) / (to - from);
  }
  double beta(int i) const { return capped_beta(*this, i); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check(std::isfinite(start) && std::isfinite(end) && start < end, "Sigmoid", "wants start < end, got ", start,
          " and ", end);
    check(tau > 0 && std::isfinite(tau), "Sigmoid", "tau must be more than 0 and finite, got ", tau);
    return level_from_alpha_bar(*this, time);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("steps", self.steps), f("start", self.start), f("end", self.end), f("tau", self.tau), f("cap", self.cap);
  }
  friend constexpr bool operator==(const Sigmoid&, const Sigmoid&) = default;
};
static_assert(DiscreteSchedule<Sigmoid>);

}  // namespace hush
