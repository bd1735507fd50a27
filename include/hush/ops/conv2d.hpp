#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/kernels/conv2d_sizes.hpp>

namespace hush {

/// Stride and zero padding. `pad` zeros go on all sides; -1 keeps the image's size at stride 1 (odd kernels only).
/// `extra` ones come on top, for instance {.bottom = 1, .right = 1} in down-sampling convolutions.
struct Conv2dOptions {
  std::int64_t stride = 1, pad = -1;
  Padding extra{};
};

namespace ops {

/// Saves x and the weight.
struct Conv2d {
  Conv2dOptions options;

  template <class W>
  Conv2dSizes sizes(const Shape& x, const W& weight, const W& bias) const {
    const Shape& w = weight.shape();
    check(x.rank() == 4, "conv2d", "wants images [N, H, W, C], got ", x);
    check(w.rank() == 4, "conv2d", "wants a weight [O, kH, kW, I], got ", w);
    check(x[3] == w[3], "conv2d", "input has ", x[3], " channels, weight wants ", w[3]);
    check(bias.empty() || bias.shape() == Shape{w[0]}, "conv2d", "weight has ", w[0], " outputs, bias is ",
          bias.shape());
    check(options.pad >= -1, "conv2d", "pad ", options.pad, " is below -1");
    check(options.pad >= 0 || (w[1] % 2 == 1 && w[2] % 2 == 1), "conv2d", "no padding keeps the image's size with a ",
          w[1], " x ", w[2], " kernel: give options.pad");
    const std::int64_t y = options.pad >= 0 ? options.pad : w[1] / 2, z = options.pad >= 0 ? options.pad : w[2] / 2;
    const Padding& extra = options.extra;
    return conv2d_sizes(x[0], x[1], x[2], x[3], w[0], w[1], w[2], options.stride,
                        {y + extra.top, z + extra.left, y + extra.bottom, z + extra.right});
  }
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    const Conv2dSizes s = sizes(x.shape(), weight, bias);
    Tensor<B> y(x.on(), {s.batch, s.out_height, s.out_width, s.out});
    conv2d(x.on(), s, x.data(), weight.data(), bias.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    return Recorded{forward(x, weight, bias), std::tuple{x, weight, sizes(x.shape(), weight, bias)}};
  }
  template <Backend B>
  Grads<B, 3> backward(const Needs<3>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Tensor<B>& weight,
                       const Conv2dSizes& s) const {
    Grads<B, 3> grads;
    if (needs[0]) {
      grads[0] = empty_like(x);
      conv2d_backward_input(dy.on(), s, dy.data(), weight.data(), grads[0].data());
    }
    if (needs[1] || needs[2]) {
      grads[1] = Tensor<B>(dy.on(), weight.shape());
      if (needs[2]) grads[2] = Tensor<B>(dy.on(), {s.out});
      conv2d_backward_weight(dy.on(), s, x.data(), dy.data(), grads[1].data(), grads[2].data());
    }
    return grads;
  }
};

/// A convolution and the sum with a residual, for backends that do both at once. Saves x and the weight.
struct Conv2dOnto {
  Conv2dOptions options;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& residual, const Tensor<B>& x, const Tensor<B>& weight,
                    const Tensor<B>& bias) const {
    const Conv2dSizes s = Conv2d{options}.sizes(x.shape(), weight, bias);
    Tensor<B> y(x.on(), {s.batch, s.out_height, s.out_width, s.out});
    check(residual.shape() == y.shape(), "conv2d_onto", "the residual is ", residual.shape(), ", the layer gives ",
          y.shape());
    conv2d(x.on(), s, x.data(), weight.data(), bias.data(), residual.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& residual, const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    return Recorded{forward(residual, x, weight, bias),
                    std::tuple{x, weight, Conv2d{options}.sizes(x.shape(), weight, bias)}};
  }
  template <Backend B>
  Grads<B, 4> backward(const Needs<4>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Tensor<B>& weight,
                       const Conv2dSizes& s) const {
    auto [dx, dweight, dbias] = Conv2d{options}.backward({needs[1], needs[2], needs[3]}, dy, x, weight, s);
    return {dy, dx, dweight, dbias};
  }
};

}  // namespace ops

/// Convolution (cross-correlation, as networks mean it) of x [N, H, W, I] with weight [O, kH, kW, I], plus bias [O]
/// unless it is empty. Throws std::invalid_argument for shapes that do not fit.
template <Value V>
V conv2d(const V& x, const Parameter<typename V::backend>& weight, const Parameter<typename V::backend>& bias,
         const Conv2dOptions& options = {}) {
  return apply(ops::Conv2d{options}, x, in_scalars(weight), in_scalars(bias));
}

/// The same with a weight that is itself computed.
template <Value V>
V conv2d(const V& x, const V& weight, const Parameter<typename V::backend>& bias, const Conv2dOptions& options = {}) {
  return apply(ops::Conv2d{options}, x, weight, in_scalars(bias));
}

/// residual + conv2d(x, weight, bias, options) in one op; the residual is of the result's shape.
template <Value V>
V conv2d_onto(const V& residual, const V& x, const Parameter<typename V::backend>& weight,
              const Parameter<typename V::backend>& bias,
              const Conv2dOptions& options = {}) requires HasResidualProducts<typename V::backend> {
  return apply(ops::Conv2dOnto{options}, residual, x, in_scalars(weight), in_scalars(bias));
}

}  // namespace hush
