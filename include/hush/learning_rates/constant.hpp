#pragma once
#include <hush/learning_rate.hpp>

namespace hush::learning_rates {

/// Factor 1 after `warm_up` steps of linear warm-up.
struct Constant {
  std::int64_t warm_up = 0;
  constexpr double operator()(std::int64_t step, std::int64_t) const {
    return step < warm_up ? warming(step, warm_up) : 1;
  }
  static constexpr void fields(auto& self, auto&& f) { f("warm_up", self.warm_up); }
  friend constexpr bool operator==(const Constant&, const Constant&) = default;
};
static_assert(RateSchedule<Constant>);

}  // namespace hush::learning_rates
