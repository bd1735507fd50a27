#pragma once
#include <cstdint>
#include <vector>

#include <hush/nn/cross_attention.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/norm.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/gelu.hpp>
#include <hush/ops/reshape.hpp>

namespace hush::nn {

/// The feed-forward layer with a gated GELU (Shazeer 2020, "GLU variants improve transformer"): out(value(x)
/// gelu(gate(x))), four times as wide inside, [..., channels] -> the same.
template <Backend B>
struct Geglu {
  Linear<B> value, gate, out;

  Geglu(const B& on, std::int64_t channels)
      : value(on, channels, 4 * channels), gate(on, channels, 4 * channels), out(on, 4 * channels, channels) {}
  /// residual + (*this)(x)
  template <Value V>
  V onto(const V& residual, const V& x) const {
    return out.onto(residual, value(x) * gelu(gate(x)));
  }
  static void visit(auto& self, auto&& f) { f("value", self.value), f("gate", self.gate), f("out", self.out); }
};

/// Self-attention over a sequence [N, S, channels], attention to tokens [N, L, token_dim], a feed-forward layer: each
/// behind a layer norm and added to its input (Rombach et al. 2022, appendix E.2.1).
template <Backend B>
struct TransformerBlock {
  LayerNorm<B> norm1;
  CrossAttention<B> self_attention;
  LayerNorm<B> norm2;
  CrossAttention<B> cross_attention;
  LayerNorm<B> norm3;
  Geglu<B> feed_forward;

  TransformerBlock(const B& on, std::int64_t token_dim, std::int64_t heads, std::int64_t head_width)
      : norm1(on, heads * head_width),
        self_attention(on, heads * head_width, heads * head_width, heads, head_width),
        norm2(on, heads * head_width),
        cross_attention(on, heads * head_width, token_dim, heads, head_width),
        norm3(on, heads * head_width),
        feed_forward(on, heads * head_width) {}
  template <Value V>
  V operator()(const V& x, const V& tokens, const V& token_mask) const {
    const V normed = recomputed(norm1(x));
    const V y = self_attention.onto(x, normed, normed);
    const V z = cross_attention.template onto<V>(y, recomputed(norm2(y)), tokens, token_mask);
    return feed_forward.onto(z, recomputed(norm3(z)));
  }
  static void visit(auto& self, auto&& f) {
    f("norm1", self.norm1), f("self_attention", self.self_attention);
    f("norm2", self.norm2), f("cross_attention", self.cross_attention);
    f("norm3", self.norm3), f("feed_forward", self.feed_forward);
  }
};

/// Sizes of a Transformer2d.
struct Transformer2dConfig {
  std::int64_t channels = 0, token_dim = 0, heads = 8, blocks = 1;
  std::int64_t groups = 32;  // of the norm
};

/// Transformer blocks over the pixels of an image, which attend to tokens too (Rombach et al. 2022, section 3.3): [N,
/// H, W, channels] -> the same. A group norm and a linear layer before them, a linear layer behind, and the sum with
/// the input. Each head has channels / heads of the channels; what is left over is left out inside.
template <Backend B>
struct Transformer2d {
  GroupNorm<B> norm;
  Linear<B> in;
  std::vector<TransformerBlock<B>> blocks;
  Linear<B> out;

  Transformer2d(const B& on, const Transformer2dConfig& c)
      : norm(on, c.channels, c.groups, 1e-6), in(on, c.channels, inner(c)), out(on, inner(c), c.channels) {
    for (std::int64_t i = 0; i < c.blocks; ++i) blocks.emplace_back(on, c.token_dim, c.heads, c.channels / c.heads);
  }
  template <Value V>
  V operator()(const V& image, const V& tokens, const V& token_mask) const {
    const Shape& s = image.shape();
    const V x = reshape(image, {s[0], s[1] * s[2], s[3]});
    V y = in(recomputed(norm(x)));
    for (const auto& block : blocks) y = block(y, tokens, token_mask);
    return reshape(out.onto(x, y), s);
  }
  static void visit(auto& self, auto&& f) {
    f("norm", self.norm), f("in", self.in), f("blocks", self.blocks), f("out", self.out);
  }

 private:
  static std::int64_t inner(const Transformer2dConfig& c) {
    check(c.heads >= 1 && c.heads <= c.channels, "Transformer2d", c.channels, " channels do not fall into ", c.heads,
          " heads");
    return c.channels / c.heads * c.heads;
  }
};

}  // namespace hush::nn
