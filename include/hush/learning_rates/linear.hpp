#pragma once
#include <algorithm>

#include <hush/learning_rate.hpp>

namespace hush::learning_rates {

/// Linear warm-up, then linear decay from 1 to 0 at step `total`.
struct Linear {
  std::int64_t warm_up = 0;
  constexpr double operator()(std::int64_t step, std::int64_t total) const {
    return step < warm_up ? warming(step, warm_up) : std::max(0.0, 1 - progress(step, total, warm_up));
  }
  static constexpr void fields(auto& self, auto&& f) { f("warm_up", self.warm_up); }
  friend constexpr bool operator==(const Linear&, const Linear&) = default;
};
static_assert(RateSchedule<Linear>);

}  // namespace hush::learning_rates
