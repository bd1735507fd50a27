#pragma once
#include <span>
#include <vector>

#include <hush/autograd/apply.hpp>
#include <hush/ops/shared/loss.hpp>

namespace hush {
namespace ops {

/// Saves both sides.
struct Mse {
  template <Backend B>
  using Weights = Tensor<B, typename B::master>;

  std::vector<double> weights;  // one an image, or none

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& a, const Tensor<B>& b) const {
    return record(a, b).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& a, const Tensor<B>& b) const {
    const Shape& s = a.shape();
    check(s == b.shape(), "mse", "prediction is ", s, ", target ", b.shape());
    check(a.size() > 0, "mse", "has nothing to compare in ", s);
    const auto count = std::int64_t(weights.size());
    check(count == 0 || (s.rank() > 0 && count == s[0]), "mse", count, " weights, but the prediction is ", s);
    Weights<B> scale;
    if (count > 0) {
      scale = Weights<B>(a.on(), {count});
      copy_in(a.on(), count, weights.data(), scale.data());
    }
    Tensor<B> y(a.on(), {1});
    mse(a.on(), images(s), s.size() / images(s), a.data(), b.data(), std::as_const(scale).data(), y.data());
    return Recorded{y, std::tuple{a, b, scale}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Tensor<B>& a, const Tensor<B>& b,
                       const Weights<B>& scale) const {
    const Shape& s = a.shape();
    const auto gradient = [&](const Tensor<B>& of, const Tensor<B>& other) {
      Tensor<B> d = empty_like(of);
      mse_backward(of.on(), images(s), s.size() / images(s), of.data(), other.data(), scale.data(), dy.data(),
                   d.data());
      return d;
    };
    Grads<B, 2> grads;
    if (needs[0]) grads[0] = gradient(a, b);
    if (needs[1]) grads[1] = gradient(b, a);
    return grads;
  }
  static std::int64_t images(const Shape& s) { return s.rank() > 1 ? s[0] : 1; }
};

}  // namespace ops

/// The mean over all elements of (prediction - target)^2, the target in full precision, and `share` times its gradient
/// (1 / k where k batches make a step). `weights` [N], if there are any, are factors on the squares of each image.
template <Backend B>
Loss<B> mse_loss(const Tensor<B>& prediction, const Tensor<typename B::full>& target, double share = 1,
                 const Tensor<typename B::full>& weights = {}) {
  const Shape& s = prediction.shape();
  check(s == target.shape(), "mse", "prediction is ", s, ", target ", target.shape());
  check(prediction.size() > 0, "mse", "has nothing to compare in ", s);
  check(weights.empty() || (s.rank() > 1 && weights.shape() == Shape{s[0]}), "mse", "weights are ", weights.shape(),
        ", the prediction is ", s);
  using M = typename B::master;
  const B& on = prediction.on();
  const std::int64_t images = ops::Mse::images(s);
  Loss<B> loss{Tensor<B, M>(on, {1}), empty_like(prediction)};
  mse(on, images, s.size() / images, prediction.data(), target.data(), weights.data(), loss.value.data());
  Tensor<B, M> dy(on, {1});
  fill(on, 1, share, dy.data());
  mse_backward(on, images, s.size() / images, prediction.data(), target.data(), weights.data(),
               std::as_const(dy).data(), loss.gradient.data());
  return loss;
}

/// The mean over all elements of (prediction - target)^2, one number of shape [1]. Summed image by image in order.
template <Value V>
V mse(const V& prediction, const V& target) {
  return apply(ops::Mse{}, prediction, target);
}

/// The same with the squares of each image of [N, ...] times its weight, still divided by the number of elements.
template <Value V>
V mse(const V& prediction, const V& target, std::span<const double> weights) {
  check(!weights.empty(), "mse", "got an empty list of weights");
  return apply(ops::Mse{{weights.begin(), weights.end()}}, prediction, target);
}

}  // namespace hush
