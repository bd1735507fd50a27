#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <hush/autograd/value.hpp>

namespace hush::nn {

/// How many of the images x [N, ..., C] a block of layers takes at a time, for parts of about so many pixels a thread:
/// all where there is a tape, which keeps what the layers make in any case, or a backend that prefers it.
template <Value V>
std::int64_t images_in_part(const V& x, std::int64_t pixels) {
  using B = typename V::backend;
  const Shape& s = x.shape();
  if constexpr (HasImageParts<B> && std::is_same_v<V, Tensor<B>>) {
    if (s[0] < 2 || x.size() == 0) return s[0];
    const std::int64_t most = images_a_part(x.on(), x.size() / (s[0] * s.back()), pixels);
    const std::int64_t parts = (s[0] + most - 1) / most;
    return (s[0] + parts - 1) / parts;
  }
  return s[0];
}
/// The parts of convolutions: their weights are transformed for each, which more channels make more work of.
template <Value V>
std::int64_t images_in_convolution(const V& x) {
  return images_in_part(x, std::max<std::int64_t>(2048, 16 * x.shape().back()));
}
/// The parts of attention, whose queries, keys and values are the largest tensors of some networks.
template <Value V>
std::int64_t images_in_attention(const V& x) {
  return images_in_part(x, 512);
}

/// f(x...) for values [N, ...] whose images do not depend on one another, `count` images at a time: what f makes on its
/// way takes memory for a part only, and stays in caches. The same bits as f(x...).
template <class F, Value V, std::same_as<V>... Rest>
V in_parts(std::int64_t count, const F& f, V x, Rest... rest) {
  const std::int64_t images = x.shape()[0];
  if constexpr (std::is_same_v<V, Tensor<typename V::backend>>) {
    if (count < images) {
      V y;
      for (std::int64_t first = 0; first < images; first += count) {
        const auto rows = [&](const V& of) {
          const Shape shape = of.shape().with_front(std::min(count, images - first));
          return of.part(first * (of.size() / images), shape);
        };
        const V part = f(rows(x), rows(rest)...);
        if (y.empty()) y = V(x.on(), part.shape().with_front(images));
        const std::int64_t image = y.size() / images;
        copy_columns(x.on(), part.shape()[0], image, part.data(), image, y.data() + first * image, image);
      }
      return y;
    }
  }
  return f(std::move(x), std::move(rest)...);
}

}  // namespace hush::nn
