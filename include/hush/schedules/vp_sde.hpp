#pragma once
#include <cmath>

#include <hush/schedule.hpp>

namespace hush {

/// The variance-preserving process in continuous time: beta(t) linear from `beta_min` to `beta_max`; times
/// [0, 1], clean at 0. Source: Song et al. 2021, "Score-based generative modeling", eq. 33.
struct VpSde {
  double beta_min = .1, beta_max = 20;

  Level operator()(double time) const {
    check_unit_time("VpSde", time);
    check(beta_min >= 0 && beta_max > 0 && beta_max >= beta_min && std::isfinite(beta_max), "VpSde",
          "wants 0 <= beta_min <= beta_max and a positive beta_max, got ", beta_min, " and ", beta_max);
    const double log_signal = -time * time * (beta_max - beta_min) / 4 - time * beta_min / 2;
    return {time, std::exp(log_signal), std::sqrt(-std::expm1(2 * log_signal))};
  }
  static constexpr void fields(auto& self, auto&& f) { f("beta_min", self.beta_min), f("beta_max", self.beta_max); }
  friend constexpr bool operator==(const VpSde&, const VpSde&) = default;
};
static_assert(NoiseSchedule<VpSde>);

}  // namespace hush
