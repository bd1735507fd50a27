#pragma once
#include <cmath>
#include <cstdint>
#include <tuple>
#include <utility>

#include <hush/autograd/apply.hpp>
#include <hush/ops/shared/loss.hpp>

namespace hush {

/// The target of a pseudo-Huber loss [N, ...], the factors on the squared distances and on the losses of images [N],
/// and c, more than 0: below it the loss is like the square, above it like the distance.
template <Backend B>
struct PseudoHuberTarget {
  Tensor<typename B::full> target, scales, weights;
  double c = 1;
};

namespace ops {

/// Saves the prediction and sqrt(scale |prediction - target|^2 + c^2) of each image.
template <Backend B>
struct PseudoHuber {
  using F = typename B::full;
  PseudoHuberTarget<B> wanted;

  Tensor<B> forward(const Tensor<B>& prediction) const { return record(prediction).y; }
  auto record(const Tensor<B>& prediction) const {
    const Tensor<F> roots = measure(prediction);
    Tensor<B> y(prediction.on(), {1});
    total(roots, y);
    return Recorded{y, std::tuple{prediction, roots}};
  }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& prediction,
                       const Tensor<F>& roots) const {
    return {slopes(prediction, roots, dy)};
  }

  /// The roots, [N]. Throws std::invalid_argument for shapes that do not fit and a c that is not positive.
  Tensor<F> measure(const Tensor<B>& prediction) const {
    const Shape& s = prediction.shape();
    check(s == wanted.target.shape() && s.rank() >= 1 && s.size() > 0, "pseudo_huber", "prediction is ", s, ", target ",
          wanted.target.shape());
    check(wanted.scales.shape() == Shape{s[0]} && wanted.weights.shape() == Shape{s[0]}, "pseudo_huber", "scales are ",
          wanted.scales.shape(), " and weights ", wanted.weights.shape(), ", the prediction is ", s);
    check(wanted.c > 0 && std::isfinite(wanted.c), "pseudo_huber", "c must be positive and finite, is ", wanted.c);
    Tensor<F> roots(wanted.target.on(), {s[0]});
    image_distances(prediction.on(), s[0], s.size() / s[0], wanted.c, prediction.data(), wanted.target.data(),
                    wanted.scales.data(), roots.data());
    return roots;
  }
  /// y = the mean over images of weight (root - c).
  template <class Y>
  void total(const Tensor<F>& roots, Tensor<B, Y>& y) const {
    const Tensor<F> cs = filled(roots.on(), roots.shape(), wanted.c);
    Tensor<F> above = empty_like(roots), each = empty_like(roots);
    subtract(roots.on(), roots.size(), roots.data(), cs.data(), above.data());
    multiply(roots.on(), roots.size(), wanted.weights.data(), std::as_const(above).data(), each.data());
    sum(y.on(), 1, each.size(), 1 / double(each.size()), std::as_const(each).data(), y.data());
  }
  /// dy times weight scale (prediction - target) / (N root).
  template <class D>
  Tensor<B> slopes(const Tensor<B>& prediction, const Tensor<F>& roots, const Tensor<B, D>& dy) const {
    const Shape& s = prediction.shape();
    const F& full = roots.on();
    Tensor<F> both = empty_like(roots), halves = empty_like(roots), factors = empty_like(roots);
    multiply(full, s[0], wanted.weights.data(), wanted.scales.data(), both.data());
    scale(full, s[0], double(s.size() / s[0]) / 2, std::as_const(both).data(), halves.data());
    divide_images(full, s[0], 1, std::as_const(halves).data(), roots.data(), factors.data());
    Tensor<B> d = empty_like(prediction);
    mse_backward(prediction.on(), s[0], s.size() / s[0], prediction.data(), wanted.target.data(),
                 std::as_const(factors).data(), dy.data(), d.data());
    return d;
  }
};

}  // namespace ops

/// The pseudo-Huber loss (Song and Dhariwal 2024, section 3.3) of images [N, ...]: the mean over images of weight
/// (sqrt(scale |prediction - target|^2 + c^2) - c), the squared distance being summed over an image. One number of
/// shape [1]. Throws std::invalid_argument for shapes that do not fit and a c that is not positive.
template <Value V>
V pseudo_huber(const V& prediction, const PseudoHuberTarget<typename V::backend>& wanted) {
  return apply(ops::PseudoHuber<typename V::backend>{wanted}, prediction);
}

/// The same in full precision, with `share` times its gradient: where a backward pass begins.
template <Backend B>
Loss<B> pseudo_huber_loss(const Tensor<B>& prediction, const PseudoHuberTarget<B>& wanted, double share = 1) {
  using M = typename B::master;
  const ops::PseudoHuber<B> loss{wanted};
  const auto roots = loss.measure(prediction);
  Loss<B> made{Tensor<B, M>(prediction.on(), {1}), {}};
  loss.total(roots, made.value);
  Tensor<B, M> dy(prediction.on(), {1});
  fill(prediction.on(), 1, share, dy.data());
  made.gradient = loss.slopes(prediction, roots, std::as_const(dy));
  return made;
}

}  // namespace hush
