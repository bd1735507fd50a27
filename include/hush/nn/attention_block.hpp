#pragma once
#include <cstdint>

#include <hush/nn/attention.hpp>
#include <hush/nn/image_parts.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/norm.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/reshape.hpp>

namespace hush::nn {

/// Sizes of an AttentionBlock. heads * head_width may be less than the channels.
struct AttentionBlockConfig {
  std::int64_t channels = 0, heads = 1, head_width = 0;
  std::int64_t groups = 32;  // of the norm; 0: there is none
  double eps = 1e-5;
  double divisor = 1;      // of the sum at the end
  bool zero_start = true;  // the last layer starts at zero: the block adds nothing at first
};

/// Self-attention over the pixels of images behind a group norm, and the sum with its input (Dhariwal and Nichol 2021,
/// section 3): [N, H, W, channels] -> the same.
template <Backend B>
struct AttentionBlock {
  GroupNorm<B> norm;  // may be empty
  SelfAttention<B> attention;
  double divisor;

  AttentionBlock(const B& on, const AttentionBlockConfig& c)
      : attention(on, c.channels, c.heads, c.head_width), divisor(c.divisor) {
    if (c.groups > 0) norm = GroupNorm<B>(on, c.channels, c.groups, c.eps);
    if (c.zero_start) start_at_zero(attention.out);
  }
  /// `heads` must divide the channels.
  AttentionBlock(const B& on, std::int64_t channels, std::int64_t heads, std::int64_t groups, double eps = 1e-5)
      : AttentionBlock(on, {channels, heads, width(channels, heads), groups, eps}) {}
  template <Value V>
  V operator()(const V& image) const {
    const Shape& s = image.shape();
    const auto attended = [&](const V& x) -> V {
      const V y = attention.onto(x, norm.empty() ? x : recomputed(norm(x)));
      return divisor == 1 ? y : 1 / divisor * y;
    };
    const V sequence = reshape(image, {s[0], s[1] * s[2], s[3]});
    return reshape(in_parts(images_in_attention(sequence), attended, sequence), s);
  }
  static void visit(auto& self, auto&& f) { f("norm", self.norm), f("attention", self.attention); }

 private:
  static std::int64_t width(std::int64_t channels, std::int64_t heads) {
    check(heads >= 1 && channels % heads == 0, "AttentionBlock", channels, " channels do not fall into ", heads,
          " heads");
    return channels / heads;
  }
};

}  // namespace hush::nn
