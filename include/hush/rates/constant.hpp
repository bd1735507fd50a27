#pragma once
#include <hush/rate.hpp>

namespace hush::rates {

/// Full rate after `warm_up` steps of linear warm-up.
struct Constant {
  std::int64_t warm_up = 0;
  constexpr double operator()(std::int64_t step, std::int64_t) const {
    return step < warm_up ? warming(step, warm_up) : 1;
  }
};
static_assert(RateSchedule<Constant>);

}  // namespace hush::rates
