#pragma once
#include <cstdint>
#include <optional>

#include <hush/nn/conv2d.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/norm.hpp>
#include <hush/ops/add_channels.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/average_pool2d.hpp>
#include <hush/ops/dropout.hpp>
#include <hush/ops/upsample.hpp>

namespace hush::nn {

/// Sizes of a ResBlock.
struct ResBlockConfig {
  std::int64_t in = 0, out = 0;      // channels
  std::int64_t embedding_width = 0;  // 0: there is none, nothing scales or shifts
  std::int64_t groups = 32;          // of both norms
  double eps = 1e-5;
  double dropout = 0;                  // before the second convolution
  bool scales = true;                  // the embedding scales and shifts, or only shifts
  Resample resample = Resample::none;  // halves or doubles the image on its way
  double divisor = 1;                  // of the sum at the end
  bool zero_start = true;              // conv2 starts at zero: the block adds nothing at first
};

/// How an embedding changes an image's channels between two layers, both [N, C]: (1 + scale) v + shift, or v + shift
/// where there is no scale.
template <Value V>
struct Modulation {
  std::optional<V> scale;
  V shift;
};

/// The residual block of Dhariwal and Nichol 2021 (section 3), [N, H, W, in] -> [N, H', W', out]:
///   h = conv1(resample(silu(norm1(x))))
///   h = conv2(dropout(silu((1 + scale) norm2(h) + shift))), or of norm2(h + shift) where nothing scales
///   y = (h + resample(x)) / divisor, x by a 1x1 convolution where the channels differ
/// `scale` and `shift` [N, out] are linear layers of an embedding (`modulation`), where it has one.
template <Backend B>
struct ResBlock {
  GroupNorm<B> norm1;
  Conv2d<B> conv1;
  Linear<B> scale, shift;
  GroupNorm<B> norm2;
  Conv2d<B> conv2, shortcut;
  double rate, divisor;
  Resample resample;

  ResBlock(const B& on, const ResBlockConfig& c)
      : norm1(on, c.in, c.groups, c.eps),
        conv1(on, c.in, c.out),
        norm2(on, c.out, c.groups, c.eps),
        conv2(on, c.out, c.out),
        rate(c.dropout),
        divisor(c.divisor),
        resample(c.resample) {
    if (c.embedding_width > 0) shift = Linear<B>(on, c.embedding_width, c.out);
    if (c.embedding_width > 0 && c.scales) scale = Linear<B>(on, c.embedding_width, c.out);
    if (c.in != c.out) shortcut = Conv2d<B>(on, c.in, c.out, {.kernel = 1});
    if (c.zero_start) start_at_zero(conv2);
  }

  /// The block's scale, if it has one, and its shift for an embedding [N, embedding_width].
  template <Value V>
  Modulation<V> modulation(const V& embedding) const {
    std::optional<V> scaled;
    if (!scale.empty()) scaled = scale(embedding);
    return {scaled, shift(embedding)};
  }
  template <Value V>
  V operator()(const V& x, const Modulation<V>& by) const {
    const V h = by.scale ? norm2(to_norm2(x), {.activation = Activation::silu, .scale = by.scale, .shift = by.shift})
                         : norm2(add_channels(to_norm2(x), by.shift), {.activation = Activation::silu});
    return onto(x, h);
  }
  /// One that has no embedding.
  template <Value V>
  V operator()(const V& x) const {
    return onto(x, norm2(to_norm2(x), {.activation = Activation::silu}));
  }
  static void visit(auto& self, auto&& f) {
    f("norm1", self.norm1), f("conv1", self.conv1), f("scale", self.scale), f("shift", self.shift);
    f("norm2", self.norm2), f("conv2", self.conv2), f("shortcut", self.shortcut);
  }

 private:
  template <Value V>
  V to_norm2(const V& x) const {
    return conv1(recomputed(norm1(x, {.activation = Activation::silu, .resample = resample})));
  }
  template <Value V>
  V onto(const V& x, const V& h) const {
    const V past = resample == Resample::average2   ? average_pool2d(x, 2)
                   : resample == Resample::nearest2 ? upsample_nearest(x, 2)
                                                    : x;
    const V y = conv2.onto(shortcut.empty() ? past : shortcut(past), dropout(recomputed(h), rate));
    return divisor == 1 ? y : 1 / divisor * y;
  }
};

}  // namespace hush::nn
