#pragma once
#include <hush/weighting.hpp>

namespace hush {

/// Denoising score matching: the error of the score s = -eps/noise times noise^2, which balances the levels and equals
/// the error of eps. Source: Song and Ermon 2019, eq. 6, lambda = sigma^2.
struct SigmaSquared {
  double operator()(Level at, const Scalings& s) const {
    return eps_error(at, s);  // lambda = noise^2, and the score's error is that of eps over noise^2
  }
  friend constexpr bool operator==(const SigmaSquared&, const SigmaSquared&) = default;
};
static_assert(Weighting<SigmaSquared>);

}  // namespace hush
