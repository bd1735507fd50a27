#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>

#include <hush/check.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// Dynamic thresholding: keeps estimates of x0 in [-1, 1] without pressing all that is outside onto the border. Each
/// image has its own s, the `ratio` quantile of |x0|, at least 1 and at most `largest`; x0 becomes clamp(x0, -s, s)
/// / s. Source: Saharia et al. 2022 (Imagen), section 2.3.
struct DynamicThreshold {
  double ratio = .995;
  double largest = std::numeric_limits<double>::infinity();
  friend constexpr bool operator==(const DynamicThreshold&, const DynamicThreshold&) = default;
};

/// Throws std::invalid_argument unless ratio is in [0, 1] and largest more than 0.
inline void validate(const DynamicThreshold& rule) {
  check(rule.ratio >= 0 && rule.ratio <= 1, "DynamicThreshold", "ratio must be in [0, 1], got ", rule.ratio);
  check(rule.largest > 0, "DynamicThreshold", "largest must be more than 0, got ", rule.largest);
}

/// Thresholds a batch of estimates [N, ...] in place, each image by its own s.
template <Backend B>
void threshold(const DynamicThreshold& rule, Tensor<B>& x0) {
  validate(rule);
  check(x0.shape().rank() >= 1, "DynamicThreshold", "wants a batch of images, got ", x0.shape());
  const std::int64_t images = x0.shape()[0], stride = x0.size() / std::max<std::int64_t>(1, images);
  if (stride > 0) threshold_images(x0.on(), images, stride, rule.ratio, rule.largest, x0.data());
}

}  // namespace hush
