#pragma once
#include <cmath>
#include <cstdint>
#include <optional>

#include <hush/nn/linear.hpp>
#include <hush/ops/add_channels.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/attention.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/reshape.hpp>

namespace hush::nn {

/// `attention` over the keys where `mask` [N, L] is 1; 1e4 is taken from the scores of those where it is 0, which no
/// softmax outweighs. Where it is 0 for all keys of an image, all count alike. Each head has one channel more for it.
template <Value V>
V masked_attention(const V& q, const V& k, const V& v, std::int64_t heads, double scale, const V& mask) {
  const Shape &s = q.shape(), &t = k.shape();
  check(mask.shape() == Shape{t[0], t[1]}, "masked_attention", "keys ", t, " want a mask ", Shape{t[0], t[1]}, ", got ",
        mask.shape());
  check(heads >= 1 && s[2] % heads == 0 && t[2] == s[2], "masked_attention", "queries ", s, " and keys ", t,
        " do not fall into ", heads, " heads");
  const auto constant = [&](const Shape& shape, double value) {
    return constant_like(q, filled(value_of(q).on(), shape, value));
  };
  const std::int64_t width = s[2] / heads, rows = t[0] * t[1];
  const auto widened = [&](const V& x, const V& channel) {
    const V split = reshape(x, {x.shape()[0] * x.shape()[1] * heads, width});
    return reshape(concat(split, channel), {x.shape()[0], x.shape()[1], heads * (width + 1)});
  };
  const V absent = 1e4 / scale * reshape(mask + constant(mask.shape(), -1), {rows, 1});
  const V of_keys = reshape(add_channels(constant({rows, heads, 1}, 0), absent), {rows * heads, 1});
  const V of_queries = constant({s[0] * s[1] * heads, 1}, 1);
  return attention(widened(q, of_queries), widened(k, of_keys), v, heads, scale);
}

/// Multi-head attention of a sequence to another (Vaswani et al. 2017): queries of x [N, S, channels], keys and values
/// of `context` [N, L, context_width], without biases but at the end. `mask` [N, L] is 1 where there is something in
/// the context, and may be left out.
template <Backend B>
struct CrossAttention {
  std::int64_t heads;
  Linear<B> q, k, v, out;
  double scale;

  CrossAttention(const B& on, std::int64_t channels, std::int64_t context_width, std::int64_t heads_,
                 std::int64_t head_width)
      : heads(heads_),
        q(on, channels, heads * head_width, false),
        k(on, context_width, heads * head_width, false),
        v(on, context_width, heads * head_width, false),
        out(on, heads * head_width, channels),
        scale(1 / std::sqrt(double(head_width))) {}
  /// residual + the attention of x to the context.
  template <Value V>
  V onto(const V& residual, const V& x, const V& context, const std::optional<V>& mask = {}) const {
    const V keys = k(context), values = v(context);
    return out.onto(residual, mask ? masked_attention(q(x), keys, values, heads, scale, *mask)
                                   : attention(q(x), keys, values, heads, scale));
  }
  static void visit(auto& self, auto&& f) { f("q", self.q), f("k", self.k), f("v", self.v), f("out", self.out); }
};

}  // namespace hush::nn
