#pragma once
#include <hush/weighting.hpp>

namespace hush {

/// The error of x0 times the signal-to-noise ratio, which equals the error of eps: with PredictNoise the same as
/// Unweighted. Source: Salimans and Ho 2022, section 4, eq. 9.
struct Snr {
  double operator()(Level at, const Scalings& s) const { return eps_error(at, s); }
  friend constexpr bool operator==(const Snr&, const Snr&) = default;
};
static_assert(Weighting<Snr>);

}  // namespace hush
