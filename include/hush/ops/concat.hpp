#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Side by side along the last extent.
struct Concat {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& a, const Tensor<B>& b) const {
    const Shape &s = a.shape(), &t = b.shape();
    check(s.rank() >= 1 && s.rank() == t.rank() && s == t.with_back(s.back()), "concat", s, " and ", t,
          " differ in more than their channels");
    Tensor<B> y(a.on(), s.with_back(s.back() + t.back()));
    const std::int64_t rows = y.size() / y.shape().back();
    copy_columns(y.on(), rows, s.back(), a.data(), s.back(), y.data(), y.shape().back());
    copy_columns(y.on(), rows, t.back(), b.data(), t.back(), y.data() + s.back(), y.shape().back());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& a, const Tensor<B>& b) const {
    return Recorded{forward(a, b), std::tuple{a.shape(), b.shape()}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Shape& s, const Shape& t) const {
    Grads<B, 2> grads;
    if (needs[0]) grads[0] = columns(dy, s, 0);
    if (needs[1]) grads[1] = columns(dy, t, s.back());
    return grads;
  }
  template <Backend B>
  static Tensor<B> columns(const Tensor<B>& y, const Shape& shape, std::int64_t first) {
    Tensor<B> part(y.on(), shape);
    const std::int64_t width = y.shape().back();
    copy_columns(y.on(), y.size() / width, shape.back(), y.data() + first, width, part.data(), shape.back());
    return part;
  }
};

}  // namespace ops

/// [..., C1] and [..., C2] as [..., C1 + C2]: the channels of `a`, then those of `b`.
template <Value V>
V concat(const V& a, const V& b) {
  return apply(ops::Concat{}, a, b);
}

}  // namespace hush
