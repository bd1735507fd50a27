#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {

/// The two GELUs in use: x P(N < x), and its approximation by tanh, which networks trained with it want.
enum class Gelu { exact, tanh };

namespace ops {

/// One of the two forms, element by element.
struct GeluOf {
  Gelu form = Gelu::exact;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    Tensor<B> y = empty_like(x);
    if (form == Gelu::exact)
      gelu_exact(x.on(), x.size(), x.data(), y.data());
    else
      gelu_tanh(x.on(), x.size(), x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& x) const {
    return forward(x);
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& x) const {
    Tensor<B> dx = empty_like(x);
    if (form == Gelu::exact)
      gelu_exact_backward(x.on(), x.size(), dy.data(), x.data(), dx.data());
    else
      gelu_tanh_backward(x.on(), x.size(), dy.data(), x.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// GELU (Hendrycks and Gimpel 2016), any shape.
template <Value V>
V gelu(const V& x, Gelu form = Gelu::exact) {
  return apply(ops::GeluOf{form}, x);
}

}  // namespace hush
