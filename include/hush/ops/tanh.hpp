#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// y = tanh x, element by element. Its result is all that the gradient needs.
struct Tanh {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    Tensor<B> y = empty_like(x);
    tanh(x.on(), x.size(), x.data(), y.data());
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
    tanh_backward(y.on(), y.size(), dy.data(), y.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// The hyperbolic tangent, any shape; into (-1, 1).
template <Value V>
V tanh(const V& x) {
  return apply(ops::Tanh{}, x);
}

}  // namespace hush
