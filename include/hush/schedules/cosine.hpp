#pragma once
#include <cmath>
#include <numbers>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>

namespace hush {

/// alpha_bar falls like a squared cosine, and no beta exceeds `cap`; times 0..steps-1.
/// Source: Nichol and Dhariwal 2021, eq. 17, with their offset s = .008.
struct Cosine {
  Steps steps = 1000;
  double offset = .008, cap = .999;

  double alpha_bar(double position) const {
    const double root = std::cos((position / steps + offset) / (1 + offset) * std::numbers::pi / 2);
    return root * root;
  }
  double beta(int i) const { return capped_beta(*this, i); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check(offset >= 0 && std::isfinite(offset), "Cosine", "offset must be 0 or more and finite, got ", offset);
    return level_from_alpha_bar(*this, time);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("steps", self.steps), f("offset", self.offset), f("cap", self.cap);
  }
  friend constexpr bool operator==(const Cosine&, const Cosine&) = default;
};
static_assert(DiscreteSchedule<Cosine>);

}  // namespace hush
