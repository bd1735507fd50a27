#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// z = x + gate y, the gate the same for all pixels of an image. Saves gate and y.
struct GatedAdd {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& gate, const Tensor<B>& y) const {
    const Shape &s = x.shape(), &t = gate.shape();
    check(s.rank() >= 2 && y.shape() == s, "gated_add", "wants two tensors [N, ..., C] of one shape, got ", s, " and ",
          y.shape());
    check(t == Shape{s[0], s.back()}, "gated_add", "images ", s, " want a gate ", Shape{s[0], s.back()}, ", got ", t);
    Tensor<B> z = empty_like(x);
    gated_add(x.on(), s[0], pixels(s), s.back(), x.data(), gate.data(), y.data(), z.data());
    return z;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B>& gate, const Tensor<B>& y) const {
    return Recorded{forward(x, gate, y), std::tuple{gate, y}};
  }
  template <Backend B>
  Grads<B, 3> backward(const Needs<3>& needs, const Tensor<B>& dz, const Tensor<B>& gate, const Tensor<B>& y) const {
    const Shape& s = dz.shape();
    Grads<B, 3> grads{dz, {}, {}};
    if (!needs[1] && !needs[2]) return grads;
    grads[1] = empty_like(gate);
    grads[2] = empty_like(y);
    gated_add_backward(dz.on(), s[0], pixels(s), s.back(), dz.data(), gate.data(), y.data(), grads[2].data(),
                       grads[1].data());
    return grads;
  }
  static std::int64_t pixels(const Shape& s) {
    std::int64_t n = 1;
    for (int i = 1; i + 1 < s.rank(); ++i) n *= s[i];
    return n;
  }
};

}  // namespace ops

/// x + gate y, for x and y [N, ..., C] and a gate [N, C], the same for every token or pixel of an image: a residual
/// that an embedding opens (adaLN-Zero of Peebles and Xie 2023, section 3.2).
template <Value V>
V gated_add(const V& x, const V& gate, const V& y) {
  return apply(ops::GatedAdd{}, x, gate, y);
}

}  // namespace hush
