#pragma once
#include <hush/schedule.hpp>

namespace hush {

/// Straight-line interpolation from image to noise: signal 1 - t, noise t; times [0, 1], clean at 0 (the papers count
/// time the other way round). Sources: Liu et al. 2023, eq. 1; Lipman et al. 2023, "Flow matching", eq. 20 with
/// sigma_min = 0.
struct RectifiedFlow {
  Level operator()(double time) const {
    check_unit_time("RectifiedFlow", time);
    return {time, 1 - time, time};
  }
  friend constexpr bool operator==(const RectifiedFlow&, const RectifiedFlow&) = default;
};
static_assert(NoiseSchedule<RectifiedFlow>);

}  // namespace hush
