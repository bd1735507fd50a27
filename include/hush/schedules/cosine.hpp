#pragma once
#include <cmath>
#include <numbers>

#include <hush/schedule.hpp>

namespace hush {

/// alpha_bar falls like a squared cosine, and no beta exceeds `cap`; times 0..steps-1.
/// Source: Nichol and Dhariwal 2021, eq. 17, with their offset s = .008.
struct Cosine {
  Steps steps = 1000;
  double offset = .008, cap = .999;

  double beta(int i) const {
    const auto f = [this](double position) {
      const double root = std::cos((position / steps + offset) / (1 + offset) * std::numbers::pi / 2);
      return root * root;
    };
    const double beta = 1 - f(i + 1) / f(i);
    return beta > cap ? cap : beta;
  }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const { return level_from_betas(*this, time); }
  friend constexpr bool operator==(const Cosine&, const Cosine&) = default;
};
static_assert(DiscreteSchedule<Cosine>);

}  // namespace hush
