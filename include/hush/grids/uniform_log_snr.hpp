#pragma once
#include <hush/grid.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// The n times at which ln(signal / noise) is evenly spaced over the range, both ends included; fractional times on a
/// discrete schedule. Source: Lu et al. 2022 (DPM-Solver), section 3.4; on the sigmas of k-diffusion it is
/// "exponential".
struct UniformLogSnr {
  SigmaRange range{};

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    return times_of_sigmas(schedule, n, range, "UniformLogSnr", geometric_sigma);
  }
  static constexpr void fields(auto& self, auto&& f) { f("range", self.range); }
  friend bool operator==(const UniformLogSnr&, const UniformLogSnr&) = default;
};
static_assert(GridRule<UniformLogSnr>);

}  // namespace hush
