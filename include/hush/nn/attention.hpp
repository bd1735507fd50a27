#pragma once
#include <cmath>

#include <hush/nn/linear.hpp>
#include <hush/ops/attention.hpp>

namespace hush::nn {

/// Multi-head self-attention over a sequence (Vaswani et al. 2017), [N, S, channels] -> the same. Each of `heads` heads
/// has its own width, so that the inner width heads * head_width need not be `channels`.
template <Backend B>
struct SelfAttention {
  std::int64_t heads;
  Linear<B> q, k, v, out;
  double scale;

  SelfAttention(const B& on, std::int64_t channels, std::int64_t heads_, std::int64_t head_width)
      : heads(heads_),
        q(on, channels, heads * head_width),
        k(on, channels, heads * head_width),
        v(on, channels, heads * head_width),
        out(on, heads * head_width, channels),
        scale(1 / std::sqrt(double(head_width))) {}
  template <Value V>
  V operator()(const V& x) const {
    return out(attended(x));
  }
  /// residual + (*this)(x)
  template <Value V>
  V onto(const V& residual, const V& x) const {
    return out.onto(residual, attended(x));
  }
  static void visit(auto& self, auto&& f) { f("q", self.q), f("k", self.k), f("v", self.v), f("out", self.out); }

 private:
  template <Value V>
  V attended(const V& x) const {
    return attention_over(q(x), k(x), v(x), heads, scale);  // queries, keys and values end here
  }
};

}  // namespace hush::nn
