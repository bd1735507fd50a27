#pragma once
#include <cstdint>
#include <utility>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves both sides.
struct L1 {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& a, const Tensor<B>& b) const {
    return record(a, b).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& a, const Tensor<B>& b) const {
    const std::int64_t n = a.size();
    check(a.shape() == b.shape(), "l1", "prediction is ", a.shape(), ", target ", b.shape());
    check(n > 0, "l1", "has nothing to compare in ", a.shape());
    const B& on = a.on();
    Tensor<B, typename B::master> each(on, {n});
    absolute_error(on, n, a.data(), b.data(), each.data());
    Tensor<B> y(on, {1});
    sum(on, 1, n, 1 / double(n), std::as_const(each).data(), y.data());
    return Recorded{y, std::tuple{a, b}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Tensor<B>& a, const Tensor<B>& b) const {
    const auto gradient = [&](const Tensor<B>& of, const Tensor<B>& other) {
      Tensor<B> d = empty_like(of);
      absolute_error_backward(of.on(), of.size(), 1 / double(of.size()), of.data(), other.data(), dy.data(), d.data());
      return d;
    };
    Grads<B, 2> grads;
    if (needs[0]) grads[0] = gradient(a, b);
    if (needs[1]) grads[1] = gradient(b, a);
    return grads;
  }
};

}  // namespace ops

/// The mean over all elements of |prediction - target|, one number of shape [1]; its slope is 0 where they are equal.
/// PyTorch's L1Loss. Throws std::invalid_argument for two shapes.
template <Value V>
V l1(const V& prediction, const V& target) {
  return apply(ops::L1{}, prediction, target);
}

}  // namespace hush
