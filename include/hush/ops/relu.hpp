#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// y = max(x, 0), element by element. Its result is all that the gradient needs.
struct Relu {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    Tensor<B> y = empty_like(x);
    relu(x.on(), x.size(), x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    Tensor<B> y = forward(x);
    return Recorded{y, std::tuple{y}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& y) const {
    Tensor<B> dx = empty_like(y);
    relu_backward(y.on(), y.size(), dy.data(), y.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// The rectifier, any shape; its slope at 0 is 0.
template <Value V>
V relu(const V& x) {
  return apply(ops::Relu{}, x);
}

}  // namespace hush
