#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/image_sizes.hpp>

namespace hush {
namespace ops {

/// Saves nothing but the shape.
struct UpsampleNearest {
  std::int64_t factor = 2;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const ImageSizes s = image_sizes(x.shape(), "upsample_nearest");
    check(factor >= 1, "upsample_nearest", "factor ", factor, " is below 1");
    Tensor<B> y(x.on(), {s.batch, s.height * factor, s.width * factor, s.channels});
    upsample_nearest(x.on(), s, factor, x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Shape& shape) const {
    Tensor<B> dx(dy.on(), shape);
    upsample_nearest_backward(dy.on(), image_sizes(shape, "upsample_nearest"), factor, dy.data(), dx.data());
    return {dx};
  }
};

/// Saves nothing but the shape.
struct UpsampleBilinear {
  std::int64_t factor = 2;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const ImageSizes s = image_sizes(x.shape(), "upsample_bilinear");
    check(factor >= 1, "upsample_bilinear", "factor ", factor, " is below 1");
    Tensor<B> y(x.on(), {s.batch, s.height * factor, s.width * factor, s.channels});
    upsample_bilinear(x.on(), s, factor, x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Shape& shape) const {
    Tensor<B> dx(dy.on(), shape);
    upsample_bilinear_backward(dy.on(), image_sizes(shape, "upsample_bilinear"), factor, dy.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// [N, H, W, C] -> [N, H * factor, W * factor, C], every pixel `factor` times each way.
template <Value V>
V upsample_nearest(const V& x, std::int64_t factor) {
  return apply(ops::UpsampleNearest{factor}, x);
}

/// [N, H, W, C] -> [N, H * factor, W * factor, C], linear between the centres of pixels (half-pixel positions, corners
/// not aligned: what PyTorch and TensorFlow 2 do unless told otherwise).
template <Value V>
V upsample_bilinear(const V& x, std::int64_t factor) {
  return apply(ops::UpsampleBilinear{factor}, x);
}

}  // namespace hush
