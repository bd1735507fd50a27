#pragma once
#include <cmath>

#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// Noise z times a deviation interpolated geometrically between two, z * low^(1 - v) * high^v, element by element: what
/// LearnedRange calls for its images. v and z have one shape; 0 < low <= high.
template <Backend B>
Tensor<B> scaled_between(double low, double high, const Tensor<B>& v, const Tensor<B>& z) {
  check(v.shape() == z.shape(), "scaled_between", "fractions are ", v.shape(), ", noise ", z.shape());
  check(low > 0 && low <= high, "scaled_between", "wants 0 < low <= high, got ", low, " and ", high);
  Tensor<B> y = empty_like(z);
  scale_geometrically(z.on(), z.size(), low, std::log(high / low), v.data(), z.data(), y.data());
  return y;
}

}  // namespace hush
