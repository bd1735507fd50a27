#pragma once
#include <cmath>

#include <hush/learning_rate.hpp>

namespace hush::learning_rates {

/// Linear warm-up, then polynomial decay (1 - last) (1 - progress)^power + last, from 1 to `last`.
struct Polynomial {
  std::int64_t warm_up = 0;
  double power = 1, last = 0;
  double operator()(std::int64_t step, std::int64_t total) const {
    if (step < warm_up) return warming(step, warm_up);
    const double at = progress(step, total, warm_up);
    return at >= 1 ? last : (1 - last) * std::pow(1 - at, power) + last;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("warm_up", self.warm_up), f("power", self.power), f("last", self.last);
  }
  friend constexpr bool operator==(const Polynomial&, const Polynomial&) = default;
};
static_assert(RateSchedule<Polynomial>);

}  // namespace hush::learning_rates
