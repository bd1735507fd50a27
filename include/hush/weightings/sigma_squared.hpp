#pragma once
#include <hush/weighting.hpp>

namespace hush {

/// Denoising score matching: the error of the score s = -eps/noise times noise^2, which makes all levels about equally
/// loud and is the error of eps as it is. Wants noise > 0. Source: Song and Ermon 2019, eq. 6, lambda = sigma^2.
struct SigmaSquared {
  double operator()(Level at, const Scalings& s) const {
    const double lambda = at.noise * at.noise, score_error = eps_error(at, s) / (at.noise * at.noise);
    return lambda * score_error;
  }
  friend constexpr bool operator==(const SigmaSquared&, const SigmaSquared&) = default;
};
static_assert(Weighting<SigmaSquared>);

}  // namespace hush
