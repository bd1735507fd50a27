#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <hush/nn/linear.hpp>
#include <hush/ops/attention.hpp>

namespace hush {
namespace detail {

/// `attention` for queries that nobody else wants: without a tape their memory holds the result where that has as many
/// channels and the backend's kernel can do it.
template <Value V>
V attention_over(V q, const V& k, const V& v, std::int64_t heads, double scale) {
  if constexpr (HasHostKernels<typename V::backend> && std::is_same_v<V, Tensor<typename V::backend>>) {
    const ops::Attention op{heads, scale};
    const AttentionSizes s = op.sizes(q.shape(), k.shape(), v.shape());
    if (q.unshared() && s.width == s.value_width) {
      attention(q.on(), s, std::as_const(q).data(), k.data(), v.data(), q.data(),
                static_cast<typename V::scalar*>(nullptr));
      return q;
    }
  }
  return attention(q, k, v, heads, scale);
}

}  // namespace detail

namespace nn {

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
    return detail::attention_over(q(x), k(x), v(x), heads, scale);  // queries, keys and values end here
  }
};

}  // namespace nn
}  // namespace hush
