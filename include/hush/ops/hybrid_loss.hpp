#pragma once
#include <cstdint>
#include <tuple>
#include <utility>

#include <hush/autograd/apply.hpp>
#include <hush/kernels/hybrid_loss.hpp>
#include <hush/ops/shared/loss.hpp>

namespace hush {
namespace ops {

/// Saves the prediction; target, x0 and numbers are constants.
template <Backend B>
struct HybridLoss {
  Tensor<typename B::full> target, x0, numbers;

  Tensor<B> forward(const Tensor<B>& prediction) const { return record(prediction).y; }
  auto record(const Tensor<B>& prediction) const {
    Tensor<B> y(prediction.on(), {1});
    measure(prediction, y);
    return Recorded{y, std::tuple{prediction}};
  }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& prediction) const {
    return {slopes(prediction, dy)};
  }

  /// y = the mean of the hybrid loss of all numbers. Throws std::invalid_argument for shapes that do not fit.
  template <class Y>
  void measure(const Tensor<B>& prediction, Tensor<B, Y>& y) const {
    const Shape& s = target.shape();
    check(s.rank() >= 2 && target.size() > 0 && x0.shape() == s, "hybrid_loss", "target is ", s, ", x0 ", x0.shape());
    check(prediction.shape() == s.with_back(2 * s.back()), "hybrid_loss", "prediction is ", prediction.shape(),
          ", wanted ", s.with_back(2 * s.back()), ": a variance for every number of the target, ", s);
    check(numbers.shape() == Shape{s[0], HybridNumbers::size}, "hybrid_loss", "numbers are ", numbers.shape(),
          ", wanted ", Shape{s[0], HybridNumbers::size});
    const B& on = prediction.on();
    Tensor<B, typename B::master> each(on, {target.size()});
    hybrid_loss(on, s[0], pixels(), s.back(), prediction.data(), target.data(), x0.data(), numbers.data(), each.data());
    sum(on, s[0], target.size() / s[0], 1 / double(target.size()), std::as_const(each).data(), y.data());
  }
  template <class D>
  Tensor<B> slopes(const Tensor<B>& prediction, const Tensor<B, D>& dy) const {
    Tensor<B> df = empty_like(prediction);
    hybrid_loss_backward(prediction.on(), target.shape()[0], pixels(), target.shape().back(), 1 / double(target.size()),
                         prediction.data(), target.data(), x0.data(), numbers.data(), dy.data(), df.data());
    return df;
  }
  std::int64_t pixels() const { return target.size() / (target.shape()[0] * target.shape().back()); }
};

}  // namespace ops

/// The hybrid loss of a network with a learned variance (Nichol and Dhariwal 2021, eq. 16): the mean over the target's
/// numbers of weight (F - target)^2 + bound L, L being their term of the variational bound in nats, in which F counts
/// as a constant, so that L teaches the variance alone. `prediction` [N, ..., 2 C] holds F and behind it v, the
/// variance being e^(low + (1 + v) / 2 range); target and x0 are [N, ..., C], `numbers` [N, 6] those of HybridNumbers.
/// One number of shape [1]. Throws std::invalid_argument for shapes that do not fit.
template <Value V>
V hybrid_loss(const V& prediction, const Tensor<typename V::backend::full>& target,
              const Tensor<typename V::backend::full>& x0, const Tensor<typename V::backend::full>& numbers) {
  return apply(ops::HybridLoss<typename V::backend>{target, x0, numbers}, prediction);
}

/// The same in full precision, with `share` times its gradient: where a backward pass begins.
template <Backend B>
Loss<B> hybrid_loss_of(const Tensor<B>& prediction, const Tensor<typename B::full>& target,
                       const Tensor<typename B::full>& x0, const Tensor<typename B::full>& numbers, double share = 1) {
  using M = typename B::master;
  const ops::HybridLoss<B> loss{target, x0, numbers};
  Loss<B> made{Tensor<B, M>(prediction.on(), {1}), {}};
  loss.measure(prediction, made.value);
  Tensor<B, M> dy(prediction.on(), {1});
  fill(prediction.on(), 1, share, dy.data());
  made.gradient = loss.slopes(prediction, std::as_const(dy));
  return made;
}

}  // namespace hush
