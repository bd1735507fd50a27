#pragma once
#include <cmath>

#include <hush/weighting.hpp>

namespace hush {

/// The error of x0 times max(snr, 1): never less than the error of x0 itself, so that the noisiest levels keep their
/// weight. Source: Salimans and Ho 2022, section 4.
struct TruncatedSnr {
  double operator()(Level at, const Scalings& s) const { return std::fmax(eps_error(at, s), x0_error(s)); }
  friend constexpr bool operator==(const TruncatedSnr&, const TruncatedSnr&) = default;
};
static_assert(Weighting<TruncatedSnr>);

}  // namespace hush
