#pragma once
#include <cstdint>
#include <utility>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves the logits; the targets are constants.
template <Backend B>
struct BinaryCrossEntropy {
  Tensor<B> targets;

  Tensor<B> forward(const Tensor<B>& logits) const { return record(logits).y; }
  auto record(const Tensor<B>& logits) const {
    const std::int64_t n = logits.size();
    check(n > 0, "binary_cross_entropy", "wants logits, got ", logits.shape());
    check(targets.shape() == logits.shape(), "binary_cross_entropy", "targets ", targets.shape(), " for logits ",
          logits.shape());
    const B& on = logits.on();
    Tensor<B, typename B::master> each(on, {n});
    binary_cross_entropy(on, n, logits.data(), targets.data(), each.data());
    Tensor<B> y(on, {1});
    sum(on, 1, n, 1 / double(n), std::as_const(each).data(), y.data());
    return Recorded{y, std::tuple{logits}};
  }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& logits) const {
    Tensor<B> dx = empty_like(logits);
    binary_cross_entropy_backward(dy.on(), logits.size(), 1 / double(logits.size()), logits.data(), targets.data(),
                                  dy.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// The mean over all elements of -target ln sigmoid(x) - (1 - target) ln(1 - sigmoid(x)), for logits x and targets in
/// [0, 1] of one shape; one number of shape [1]. PyTorch's BCEWithLogitsLoss. Throws std::invalid_argument for targets
/// of another shape.
template <Value V>
V binary_cross_entropy(const V& logits, const Tensor<typename V::backend>& targets) {
  return apply(ops::BinaryCrossEntropy<typename V::backend>{targets}, logits);
}

}  // namespace hush
