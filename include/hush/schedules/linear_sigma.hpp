#pragma once
#include <cmath>

#include <hush/schedule.hpp>

namespace hush {

/// Signal 1, noise `largest` * time: sigma(t) = t of EDM, with its times scaled to [0, 1], clean at 0.
/// Source: Karras et al. 2022, table 1, last column.
struct LinearSigma {
  double largest = 80;

  Level operator()(double time) const {
    check_unit_time("LinearSigma", time);
    check(largest > 0 && std::isfinite(largest), "LinearSigma", "largest must be more than 0 and finite, got ",
          largest);
    return {time, 1, largest * time};
  }
  static constexpr void fields(auto& self, auto&& f) { f("largest", self.largest); }
  friend constexpr bool operator==(const LinearSigma&, const LinearSigma&) = default;
};
static_assert(NoiseSchedule<LinearSigma>);

}  // namespace hush
