#pragma once
#include <utility>

#include <hush/autograd/apply.hpp>
#include <hush/kernels/conv2d_sizes.hpp>

namespace hush {

/// Each pixel of x goes to kernel x kernel pixels of the result, `stride` apart, of which `pad` lines are then cut off
/// on all sides: a side of n becomes (n - 1) stride - 2 pad + kernel.
struct Conv2dTransposedOptions {
  std::int64_t stride = 1, pad = 0;
};

namespace ops {

/// The gradient of a convolution as an op: its kernels are the convolution's with the roles exchanged, and its sizes
/// those of the convolution from y to x. Saves x and the weight.
struct Conv2dTransposed {
  Conv2dTransposedOptions options;

  template <class W>
  Conv2dSizes sizes(const Shape& x, const W& weight, const W& bias) const {
    const Shape& w = weight.shape();
    check(x.rank() == 4, "conv2d_transposed", "wants images [N, H, W, C], got ", x);
    check(w.rank() == 4, "conv2d_transposed", "wants a weight [I, kH, kW, O], got ", w);
    check(x[3] == w[0], "conv2d_transposed", "input has ", x[3], " channels, weight wants ", w[0]);
    check(bias.empty() || bias.shape() == Shape{w[3]}, "conv2d_transposed", "weight has ", w[3], " outputs, bias is ",
          bias.shape());
    check(x[1] >= 1 && x[2] >= 1 && w[1] >= 1 && w[2] >= 1, "conv2d_transposed", "images ", x, " or the weight ", w,
          " have no pixels");
    const std::int64_t stride = options.stride, pad = options.pad;
    check(stride >= 1, "conv2d_transposed", "stride ", stride, " is below 1");
    check(pad >= 0 && pad < w[1] && pad < w[2], "conv2d_transposed", "pad ", pad, " must lie in [0, kernel), a ", w[1],
          " x ", w[2], " kernel");
    const std::int64_t height = (x[1] - 1) * stride - 2 * pad + w[1], width = (x[2] - 1) * stride - 2 * pad + w[2];
    check(height >= 1 && width >= 1, "conv2d_transposed", "pad ", pad, " leaves nothing of ", height + 2 * pad, " x ",
          width + 2 * pad, " pixels");
    return conv2d_sizes(x[0], height, width, w[3], w[0], w[1], w[2], stride, {pad, pad, pad, pad});
  }
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    const Conv2dSizes s = sizes(x.shape(), weight, bias);
    Tensor<B> y(x.on(), {s.batch, s.height, s.width, s.in});
    conv2d_backward_input(x.on(), s, x.data(), weight.data(), y.data());
    if (!bias.empty())
      add_channels(x.on(), 1, s.batch * s.height * s.width, s.in, std::as_const(y).data(), bias.data(), y.data());
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
    Tensor<B> none;
    if (needs[0]) {
      grads[0] = empty_like(x);
      conv2d(dy.on(), s, dy.data(), weight.data(), std::as_const(none).data(), grads[0].data());
    }
    if (needs[1]) {
      grads[1] = empty_like(weight);
      conv2d_backward_weight(dy.on(), s, dy.data(), x.data(), grads[1].data(), none.data());
    }
    if (needs[2]) {
      grads[2] = Tensor<B>(dy.on(), {s.in});
      sum_pixels(dy.on(), 1, s.batch * s.height * s.width, s.in, dy.data(), grads[2].data());
    }
    return grads;
  }
};

}  // namespace ops

/// Transposed convolution, the transpose of conv2d as a linear map: x [N, H, W, I] with weight
/// [I, kH, kW, O] gives [N, (H - 1) stride - 2 pad + kH, ..., O], plus bias [O] unless it is empty. Throws
/// std::invalid_argument for shapes that do not fit and for a pad that leaves nothing.
template <Value V>
V conv2d_transposed(const V& x, const Parameter<typename V::backend>& weight,
                    const Parameter<typename V::backend>& bias, const Conv2dTransposedOptions& options = {}) {
  return apply(ops::Conv2dTransposed{options}, x, in_scalars(weight), in_scalars(bias));
}

}  // namespace hush
