#pragma once
#include <cstdint>

namespace hush {

/// Extents of a group normalization: x [batch, pixels, channels], whose channels fall into `groups` runs of equal
/// length. Mean and rstd (1 / standard deviation) are [batch, groups]. `eps` is added to the variance.
struct GroupNormSizes {
  std::int64_t batch = 0, pixels = 0, channels = 0, groups = 1;
  double eps = 1e-5;
};

}  // namespace hush
