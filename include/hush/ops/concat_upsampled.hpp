#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/kernels/image_sizes.hpp>

namespace hush {

namespace ops {

/// Saves nothing but the shapes.
struct ConcatUpsampled {
  std::int64_t factor = 2;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& skip, const Tensor<B>& x) const {
    const ImageSizes s = image_sizes(x.shape(), "concat_upsampled");
    check(factor >= 1, "concat_upsampled", "factor ", factor, " is below 1");
    const Shape& t = skip.shape();
    check(t.rank() == 4 && t == Shape{s.batch, s.height * factor, s.width * factor, t.back()}, "concat_upsampled",
          x.shape(), " does not become as large as ", t, " by factor ", factor);
    Tensor<B> y(x.on(), t.with_back(t.back() + s.channels));
    concat_upsampled(x.on(), s, factor, t.back(), skip.data(), x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& skip, const Tensor<B>& x) const {
    return Recorded{forward(skip, x), std::tuple{skip.shape(), x.shape()}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Shape& skip, const Shape& x) const {
    Grads<B, 2> grads;
    if (needs[0]) grads[0] = Tensor<B>(dy.on(), skip);
    if (needs[1]) grads[1] = Tensor<B>(dy.on(), x);
    concat_upsampled_backward(dy.on(), image_sizes(x, "concat_upsampled"), factor, skip.back(), dy.data(),
                              grads[0].data(), grads[1].data());
    return grads;
  }
};

}  // namespace ops

/// concat(skip, upsample_bilinear(x, factor)) in one op: skip [N, H * factor, W * factor, S] and x [N, H, W, C] to
/// [N, H * factor, W * factor, S + C].
template <Value V>
V concat_upsampled(const V& skip, const V& x, std::int64_t factor) requires HasConcatUpsample<typename V::backend> {
  return apply(ops::ConcatUpsampled{factor}, skip, x);
}

}  // namespace hush
