#pragma once
#include <algorithm>
#include <cstdint>

#include <hush/check.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// Dynamic thresholding of estimates x0 [N, ...], in place: each image has its own s, the `ratio` quantile of |x0|
/// (linear between order statistics), at least 1 and then at most `largest`, and becomes clamp(x0, -s, s) / s.
/// Source: Saharia et al. 2022 (Imagen), section 2.3. Throws unless ratio is in [0, 1] and largest more than 0.
template <Backend B>
void threshold(Tensor<B>& x0, double ratio, double largest) {
  check(x0.shape().rank() >= 1, "threshold", "wants a batch of images, got ", x0.shape());
  check(ratio >= 0 && ratio <= 1, "threshold", "ratio must be in [0, 1], got ", ratio);
  check(largest > 0, "threshold", "largest must be more than 0, got ", largest);
  const std::int64_t images = x0.shape()[0], stride = x0.size() / std::max<std::int64_t>(1, images);
  if (stride > 0) threshold_images(x0.on(), images, stride, ratio, largest, x0.data());
}

}  // namespace hush
