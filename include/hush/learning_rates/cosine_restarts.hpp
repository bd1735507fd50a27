#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>

#include <hush/check.hpp>
#include <hush/learning_rate.hpp>

namespace hush::learning_rates {

/// Linear warm-up, then `restarts` half cosines one after the other, each from full rate to 0
/// (SGDR, Loshchilov and Hutter 2017).
struct CosineRestarts {
  std::int64_t warm_up = 0;
  int restarts = 1;
  double operator()(std::int64_t step, std::int64_t total) const {
    check(restarts >= 1, "CosineRestarts", "restarts must be at least 1, is ", restarts);
    if (step < warm_up) return warming(step, warm_up);
    const double at = progress(step, total, warm_up);
    if (at >= 1) return 0;
    return std::max(0.0, (1 + std::cos(std::numbers::pi * std::fmod(restarts * at, 1.0))) / 2);
  }
  static constexpr void fields(auto& self, auto&& f) { f("warm_up", self.warm_up), f("restarts", self.restarts); }
  friend constexpr bool operator==(const CosineRestarts&, const CosineRestarts&) = default;
};
static_assert(RateSchedule<CosineRestarts>);

}  // namespace hush::learning_rates
