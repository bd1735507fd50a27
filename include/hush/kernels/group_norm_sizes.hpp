#pragma once
#include <cstdint>

#include <hush/tensor/shape.hpp>

namespace hush {

/// Extents of a group normalization: x [batch, pixels, channels], whose channels fall into `groups` runs of equal
/// length. Mean and rstd (1 / standard deviation) are [batch, groups]. `eps` is added to the variance.
struct GroupNormSizes {
  std::int64_t batch = 0, pixels = 0, channels = 0, groups = 1;
  double eps = 1e-5;
};

/// The extents for x [N, ..., C] and parameters of these shapes. Throws std::invalid_argument unless they fit.
inline GroupNormSizes group_norm_sizes(const Shape& x, const Shape& gamma, const Shape& beta, std::int64_t groups,
                                       double eps) {
  check(x.rank() >= 2, "group_norm", "wants x [N, ..., C], got ", x);
  const Shape channels{x.back()};
  check(groups >= 1 && x.back() % groups == 0, "group_norm", x.back(), " channels do not fall into ", groups,
        " groups");
  check(gamma == channels && beta == channels, "group_norm", "input has ", x.back(), " channels, gamma is ", gamma,
        " and beta ", beta);
  check(eps >= 0, "group_norm", "eps ", eps, " is negative");
  std::int64_t pixels = 1;
  for (int i = 1; i + 1 < x.rank(); ++i) pixels *= x[i];
  return {.batch = x[0], .pixels = pixels, .channels = x.back(), .groups = groups, .eps = eps};
}

}  // namespace hush
