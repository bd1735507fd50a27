#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/image_sizes.hpp>

namespace hush {
namespace ops {

/// The transpose of nearest up-sampling, divided by the pixels of a window. Saves nothing.
struct AveragePool2d {
  std::int64_t window = 2;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const ImageSizes s = image_sizes(x.shape(), "average_pool2d");
    check(window >= 1, "average_pool2d", "window ", window, " is below 1");
    check(s.height % window == 0 && s.width % window == 0, "average_pool2d", "windows of ", window, " do not tile ",
          x.shape());
    Tensor<B> y(x.on(), {s.batch, s.height / window, s.width / window, s.channels});
    upsample_nearest_backward(x.on(), image_sizes(y.shape(), "average_pool2d"), window, x.data(), y.data());
    scale(y.on(), y.size(), share(), std::as_const(y).data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy) const {
    const ImageSizes s = image_sizes(dy.shape(), "average_pool2d");
    Tensor<B> dx(dy.on(), {s.batch, s.height * window, s.width * window, s.channels});
    upsample_nearest(dy.on(), s, window, dy.data(), dx.data());
    scale(dx.on(), dx.size(), share(), std::as_const(dx).data(), dx.data());
    return {dx};
  }
  double share() const { return 1 / double(window * window); }
};

}  // namespace ops

/// [N, H, W, C] -> [N, H / window, W / window, C], the mean of each window; the sides must be multiples of it.
template <Value V>
V average_pool2d(const V& x, std::int64_t window) {
  return apply(ops::AveragePool2d{window}, x);
}

}  // namespace hush
