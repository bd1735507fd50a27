#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>

#include <hush/check.hpp>
#include <hush/learning_rate.hpp>

namespace hush::learning_rates {

/// Linear warm-up, then `cycles` periods of a cosine: half a period takes the rate from full to 0
/// (Loshchilov and Hutter 2017, eq. 5 without restarts).
struct Cosine {
  std::int64_t warm_up = 0;
  double cycles = 0.5;
  double operator()(std::int64_t step, std::int64_t total) const {
    check(cycles >= 0 && std::isfinite(cycles), "Cosine", "cycles must be 0 or more and finite, got ", cycles);
    if (step < warm_up) return warming(step, warm_up);
    return std::max(0.0, (1 + std::cos(2 * std::numbers::pi * cycles * progress(step, total, warm_up))) / 2);
  }
  static constexpr void fields(auto& self, auto&& f) { f("warm_up", self.warm_up), f("cycles", self.cycles); }
  friend constexpr bool operator==(const Cosine&, const Cosine&) = default;
};
static_assert(RateSchedule<Cosine>);

}  // namespace hush::learning_rates
