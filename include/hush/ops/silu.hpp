#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// y = x sigmoid(x), element by element.
struct Silu {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    Tensor<B> y = empty_like(x);
    silu(x.on(), x.size(), x.data(), y.data());
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
    silu_backward(x.on(), x.size(), dy.data(), x.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// SiLU (Elfwing et al. 2017), any shape.
template <Value V>
V silu(const V& x) {
  return apply(ops::Silu{}, x);
}

}  // namespace hush
