#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/attention_sizes.hpp>
#include <hush/kernels/capabilities.hpp>

namespace hush {
namespace ops {

/// Saves the weights of all pairs [N, heads, S, L] where the backend does not rather compute them again; without a tape
/// they are never stored.
struct Attention {
  std::int64_t heads = 1;
  double scale = 1;

  AttentionSizes sizes(const Shape& q, const Shape& k, const Shape& v) const {
    check(q.rank() == 3 && k.rank() == 3 && v.rank() == 3, "attention",
          "wants q, k, v of rank 3 [N, length, heads * width], got ", q, ", ", k, " and ", v);
    check(q[0] == k[0] && q[0] == v[0], "attention", "batches of q ", q, ", k ", k, " and v ", v, " differ");
    check(k[1] == v[1], "attention", "there are ", k[1], " keys and ", v[1], " values");
    check(q[2] == k[2], "attention", "queries have ", q[2], " channels, keys ", k[2]);
    check(heads >= 1 && q[2] % heads == 0 && v[2] % heads == 0, "attention", q[2], " channels of q and k and ", v[2],
          " of v do not fall into ", heads, " heads");
    return {.batch = q[0],
            .queries = q[1],
            .keys = k[1],
            .heads = heads,
            .width = q[2] / heads,
            .value_width = v[2] / heads,
            .scale = scale};
  }
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& q, const Tensor<B>& k, const Tensor<B>& v) const {
    return run(q, k, v, nullptr);
  }
  template <Backend B>
  auto record(const Tensor<B>& q, const Tensor<B>& k, const Tensor<B>& v) const {
    const AttentionSizes s = sizes(q.shape(), k.shape(), v.shape());
    Tensor<B> weights;
    if constexpr (!HasRecomputing<B>) weights = Tensor<B>(q.on(), {s.batch, s.heads, s.queries, s.keys});
    Tensor<B> y = run(q, k, v, weights.data());
    return Recorded{y, std::tuple{q, k, v, weights}};
  }
  template <Backend B>
  Grads<B, 3> backward(const Needs<3>&, const Tensor<B>& dy, const Tensor<B>& q, const Tensor<B>& k, const Tensor<B>& v,
                       const Tensor<B>& weights) const {
    Grads<B, 3> grads{empty_like(q), empty_like(k), empty_like(v)};
    attention_backward(dy.on(), sizes(q.shape(), k.shape(), v.shape()), q.data(), k.data(), v.data(), weights.data(),
                       dy.data(), grads[0].data(), grads[1].data(), grads[2].data());
    return grads;
  }
  template <Backend B>
  Tensor<B> run(const Tensor<B>& q, const Tensor<B>& k, const Tensor<B>& v, typename B::scalar* weights) const {
    const AttentionSizes s = sizes(q.shape(), k.shape(), v.shape());
    Tensor<B> y(q.on(), {s.batch, s.queries, s.heads * s.value_width});
    attention(q.on(), s, q.data(), k.data(), v.data(), y.data(), weights);
    return y;
  }
};

}  // namespace ops

/// softmax(scale q k^T) v for each head (Vaswani et al. 2017, eq. 1): q [N, S, heads * d], k [N, L, heads * d],
/// v [N, L, heads * e] -> [N, S, heads * e]. `scale` is usually d^-1/2.
template <Value V>
V attention(const V& q, const V& k, const V& v, std::int64_t heads, double scale) {
  return apply(ops::Attention{heads, scale}, q, k, v);
}

}  // namespace hush
