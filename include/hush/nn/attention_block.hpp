#pragma once
#include <cstdint>

#include <hush/nn/attention.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/norm.hpp>
#include <hush/ops/reshape.hpp>

namespace hush::nn {

/// Self-attention over the pixels of images behind a group norm, and the sum with its input (Dhariwal and Nichol 2021,
/// section 3): [N, H, W, channels] -> the same. `heads` must divide the channels. Its last layer starts at zero.
template <Backend B>
struct AttentionBlock {
  GroupNorm<B> norm;
  SelfAttention<B> attention;

  AttentionBlock(const B& on, std::int64_t channels, std::int64_t heads, std::int64_t groups, double eps = 1e-5)
      : norm(on, channels, groups, eps), attention(on, channels, heads, width(channels, heads)) {
    start_at_zero(attention.out);
  }
  template <Value V>
  V operator()(const V& image) const {
    const Shape& s = image.shape();
    const V x = reshape(image, {s[0], s[1] * s[2], s[3]});
    return reshape(attention.onto(x, norm(x)), s);
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
