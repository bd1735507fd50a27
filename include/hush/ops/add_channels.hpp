#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// y = x + shift, the shift the same for all pixels of an image.
struct AddChannels {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& shift) const {
    const Shape &s = x.shape(), &t = shift.shape();
    check(s.rank() >= 2, "add_channels", "wants images [N, ..., C], got ", s);
    check(t == Shape{s[0], s.back()}, "add_channels", "images ", s, " want a shift ", Shape{s[0], s.back()}, ", got ",
          t);
    Tensor<B> y = empty_like(x);
    add_channels(x.on(), s[0], pixels(s), s.back(), x.data(), shift.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B>& shift) const {
    return Recorded{forward(x, shift), std::tuple{}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy) const {
    const Shape& s = dy.shape();
    Grads<B, 2> grads{dy, {}};
    if (needs[1]) {
      grads[1] = Tensor<B>(dy.on(), {s[0], s.back()});
      sum_pixels(dy.on(), s[0], pixels(s), s.back(), dy.data(), grads[1].data());
    }
    return grads;
  }
  static std::int64_t pixels(const Shape& s) {
    std::int64_t n = 1;
    for (int i = 1; i + 1 < s.rank(); ++i) n *= s[i];
    return n;
  }
};

}  // namespace ops

/// x [N, H, W, C] + shift [N, C], the same for every pixel of an image. How an embedding reaches a layer.
template <Value V>
V add_channels(const V& x, const V& shift) {
  return apply(ops::AddChannels{}, x, shift);
}

}  // namespace hush
