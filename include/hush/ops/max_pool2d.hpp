#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/image_sizes.hpp>

namespace hush {
namespace ops {

/// The winner of a window is found again from x: nothing but x is saved, and x a skip connection holds anyway.
struct MaxPool2d {
  std::int64_t window = 2;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const ImageSizes s = image_sizes(x.shape(), "max_pool2d");
    check(window >= 1, "max_pool2d", "window ", window, " is below 1");
    check(s.height >= window && s.width >= window, "max_pool2d", "a window of ", window, " does not fit into ",
          x.shape());
    Tensor<B> y(x.on(), {s.batch, s.height / window, s.width / window, s.channels});
    max_pool2d(x.on(), s, window, x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& x) const {
    return forward(x);
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& x) const {
    Tensor<B> dx = empty_like(x);
    max_pool2d_backward(x.on(), image_sizes(x.shape(), "max_pool2d"), window, dy.data(), x.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// [N, H, W, C] -> [N, H / window, W / window, C], the greatest of each window; windows do not overlap, and rows and
/// columns that fill none are dropped. Among equals the first in row order has the gradient.
template <Value V>
V max_pool2d(const V& x, std::int64_t window) {
  return apply(ops::MaxPool2d{window}, x);
}

}  // namespace hush
