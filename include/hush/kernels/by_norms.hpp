#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/random/noise.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// The Euclidean norm of each image of a batch [N, ...]. An image's norm depends on the image alone.
template <Backend B>
std::vector<double> image_norms(const Tensor<B>& x) {
  const std::int64_t images = x.shape()[0];
  Tensor<B> squares = empty_like(x), sums(x.on(), {images});
  multiply(x.on(), x.size(), x.data(), x.data(), squares.data());
  sum_pixels(x.on(), images, x.size() / std::max<std::int64_t>(1, images), 1, squares.data(), sums.data());
  std::vector<double> norms = download<double>(sums);
  for (double& norm : norms) norm = std::sqrt(norm);
  return norms;
}

/// Image i of x times f(|image i of a|, |image i of b|): what samplers call whose steps follow norms. The host waits
/// for the norms. All three are [N, ...], N the same.
template <class F, Backend B>
Tensor<B> by_norms(const F& f, const Tensor<B>& a, const Tensor<B>& b, const Tensor<B>& x) {
  check(a.shape() == x.shape() && b.shape() == x.shape() && x.shape().rank() >= 1, "by_norms",
        "the shapes differ: ", a.shape(), ", ", b.shape(), " and ", x.shape());
  const std::vector<double> of_a = image_norms(a), of_b = image_norms(b);
  std::vector<double> factors(of_a.size(), 0.0);
  for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = f(of_a[i], of_b[i]);
  return scaled_images(factors, x);
}

}  // namespace hush
