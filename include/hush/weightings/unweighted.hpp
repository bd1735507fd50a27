#pragma once
#include <hush/weighting.hpp>

namespace hush {

/// Weight 1 on the network's output at every level. With PredictNoise this is L_simple of Ho et al. 2020, eq. 14.
struct Unweighted {
  double operator()(Level, const Scalings&) const { return 1; }
  friend constexpr bool operator==(const Unweighted&, const Unweighted&) = default;
};
static_assert(Weighting<Unweighted>);

}  // namespace hush
