#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include <hush/images.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/norm.hpp>
#include <hush/ops/max_pool2d.hpp>
#include <hush/ops/silu.hpp>
#include <hush/tensor/tensor.hpp>

// What the small convolutional classifiers of the examples are made of, and how they are asked.
namespace examples {

using namespace hush;

/// A 3x3 convolution, a norm over groups of 8 channels, SiLU, and max-pooling by 2.
template <Backend B>
struct Stage {
  nn::Conv2d<B> conv;
  nn::GroupNorm<B> norm;

  Stage(const B& on, std::int64_t in, std::int64_t out) : conv(on, in, out, {.bias = false}), norm(on, out, out / 8) {}
  template <Value V>
  V operator()(const V& x) const {
    return max_pool2d(silu(norm(conv(x))), 2);
  }
  static void visit(auto& self, auto&& f) { f("conv", self.conv), f("norm", self.norm); }
};

/// The outputs of a classifier for images in [-1, 1] on the host, in batches: `say(batch)` is a tensor [n, width].
template <Backend B>
std::vector<float> rows_of(const B& on, const Images<float>& images, const auto& say) {
  constexpr std::int64_t some = 128;
  std::vector<float> rows;
  for (std::int64_t first = 0; first < images.count; first += some) {
    const std::int64_t n = std::min(some, images.count - first), stride = images.stride();
    const auto from = images.pixels.begin() + first * stride;
    const Images<float> batch(n, images.height, images.width, images.channels, {from, from + n * stride});
    const auto said = download<float>(say(upload(on, batch)));
    rows.insert(rows.end(), said.begin(), said.end());
  }
  return rows;
}

}  // namespace examples
