#pragma once
#include <cstdint>

#include <hush/ops/concat.hpp>
#include <hush/ops/conv2d.hpp>

namespace hush {
namespace detail {

/// Convolution of images behind whose channels stand others that have one number each. The latter are never made: such
/// a channel is its number times an image of ones, so the products of numbers and weights [N, O, kH, kW] come first,
/// and the convolution of ones with those of an image sums the ones whose tap lies inside. Saves x, the constants, and
/// the weights of both.
struct Conv2dConstants {
  Conv2dOptions options;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& constants, const Tensor<B>& weight,
                    const Tensor<B>& bias) const {
    return record(x, constants, weight, bias).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B>& constants, const Tensor<B>& weight, const Tensor<B>& bias) const {
    check_shapes(x.shape(), constants.shape(), weight.shape());
    const Shape &s = x.shape(), &w = weight.shape();
    const Tensor<B> of_images = ops::Concat::columns(weight, w.with_back(s[3]), 0);
    const Tensor<B> of_constants = ops::Concat::columns(weight, {w[0] * w[1] * w[2], constants.shape()[1]}, s[3]);
    Tensor<B> y = ops::Conv2d{options}.forward(x, of_images, bias);
    Tensor<B> taps(x.on(), {s[0], of_constants.shape()[0]}), sums(x.on(), y.shape().with_front(1));
    linear(x.on(), s[0], constants.shape()[1], taps.shape()[1], constants.data(), of_constants.data(),
           Tensor<B>().data(), taps.data());
    each_image(x, w, [&](const Conv2dSizes& one, const Tensor<B>& ones, std::int64_t n) {
      conv2d(x.on(), one, ones.data(), taps.data() + n * taps.shape()[1], Tensor<B>().data(), sums.data());
      add_into(x.on(), sums.size(), sums.data(), y.data() + n * sums.size());
    });
    return Recorded{y, std::tuple{x, constants, of_images, of_constants}};
  }
  template <Backend B>
  Grads<B, 4> backward(const Needs<4>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Tensor<B>& constants,
                       const Tensor<B>& of_images, const Tensor<B>& of_constants) const {
    const Conv2dSizes s = ops::Conv2d{options}.sizes(x.shape(), of_images, Tensor<B>());
    auto [dx, dweight, dbias] = ops::Conv2d{options}.backward({needs[0], needs[2], needs[3]}, dy, x, of_images, s);
    Grads<B, 4> grads{dx, {}, {}, dbias};
    if (!needs[1] && !needs[2]) return grads;
    const std::int64_t images = x.shape()[0], in = constants.shape()[1], out = of_constants.shape()[0];
    Tensor<B> dtaps(dy.on(), {images, out});
    each_image(x, of_images.shape(), [&](const Conv2dSizes& one, const Tensor<B>& ones, std::int64_t n) {
      conv2d_backward_weight(dy.on(), one, ones.data(), dy.data() + n * of_result(one), dtaps.data() + n * out,
                             Tensor<B>().data());
    });
    if (needs[1]) {
      grads[1] = empty_like(constants);
      linear_backward_input(dy.on(), images, in, out, dtaps.data(), of_constants.data(), grads[1].data());
    }
    if (needs[2]) {
      Tensor<B> dconstants = empty_like(of_constants);
      linear_backward_weight(dy.on(), images, in, out, constants.data(), dtaps.data(), dconstants.data(),
                             Tensor<B>().data());
      grads[2] = ops::Concat{}.forward(dweight, dconstants.reshaped(of_images.shape().with_back(in)));
    }
    return grads;
  }

 private:
  static std::int64_t of_result(const Conv2dSizes& s) { return s.out_height * s.out_width * s.out; }
  static void check_shapes(const Shape& x, const Shape& c, const Shape& w) {
    check(x.rank() == 4 && c.rank() == 2 && c[0] == x[0], "conv2d",
          "wants images [N, H, W, C] and constants [N, K], got ", x, " and ", c);
    check(w.rank() == 4 && w[3] == x[3] + c[1], "conv2d", "input has ", x[3], " channels and ", c[1],
          " constants, weight wants ", w.back(), " in all");
  }
  /// Calls f(sizes, ones, n) for each image n: the extents of the convolution of an image of ones by a weight of one
  /// channel, and that image.
  template <Backend B, class F>
  void each_image(const Tensor<B>& x, const Shape& weight, const F& f) const {
    const Shape &s = x.shape(), alone{1, s[1], s[2], 1};
    const Tensor<B> ones = filled(x.on(), alone, 1), none;
    const Conv2dSizes one = ops::Conv2d{options}.sizes(alone, Tensor<B>(x.on(), weight.with_back(1)), none);
    for (std::int64_t n = 0; n < s[0]; ++n) f(one, ones, n);
  }
};

}  // namespace detail

/// Convolution of x [N, H, W, C] with K channels behind it whose value is the same at every pixel, `constants` [N, K],
/// as if they stood there: weight [O, kH, kW, C + K], padding with zeros around constants too. It costs the memory and
/// the time of a convolution of C channels, and little more. Throws std::invalid_argument for shapes that do not fit.
template <Value V>
V conv2d(const V& x, const V& constants, const Parameter<typename V::backend>& weight,
         const Parameter<typename V::backend>& bias, const Conv2dOptions& options = {}) {
  return apply(detail::Conv2dConstants{options}, x, constants, in_scalars(weight), in_scalars(bias));
}

}  // namespace hush
