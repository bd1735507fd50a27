#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <hush/random/noise_key.hpp>
#include <hush/random/philox.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// Fresh noise, N(0, 1), for a batch [N, ...]: image i takes the numbers of `stream` with `images[i]` as its image.
template <Backend B>
Tensor<B> normal_images(const B& on, const Shape& shape, const Stream& stream, std::span<const std::uint32_t> images) {
  check(shape.rank() >= 1 && shape[0] == std::int64_t(images.size()), "normal_images", shape, " for ", images.size(),
        " images");
  Tensor<B> z(on, shape);
  normals(on, images, shape.size() / std::max<std::int64_t>(1, shape[0]), stream, z.data());
  return z;
}

/// The same of a key: its numbers for what `word` says.
template <Backend B>
Tensor<B> normal_images(const B& on, const Shape& shape, const NoiseKey& key, std::string_view word) {
  return normal_images(on, shape, key.stream(word), key.images);
}

/// a[i] * x + b[i] * y for image i of a batch [N, ...].
template <Backend B>
Tensor<B> blended_images(std::span<const double> a, const Tensor<B>& x, std::span<const double> b, const Tensor<B>& y) {
  check(x.shape() == y.shape() && std::int64_t(a.size()) == x.shape()[0] && a.size() == b.size(), "blended_images",
        x.shape(), " and ", y.shape(), " with ", a.size(), " and ", b.size(), " factors");
  Tensor<B> z = empty_like(x);
  blend_images(x.on(), a, b, x.size() / std::max<std::int64_t>(1, x.shape()[0]), x.data(), y.data(), z.data());
  return z;
}

/// a[i] * x for image i of a batch.
template <Backend B>
Tensor<B> scaled_images(const std::vector<double>& a, const Tensor<B>& x) {
  const std::vector<double> none(a.size(), 0.0);
  return blended_images<B>(a, x, none, x);
}

}  // namespace hush
