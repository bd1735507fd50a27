#pragma once
#include <cmath>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// y = x where x > 0, else slope x, element by element. Its result is all that the gradient needs: the slope is not
/// negative, so that y > 0 where x > 0 and nowhere else.
struct LeakyRelu {
  double slope = 0.01;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    check(slope >= 0 && std::isfinite(slope), "leaky_relu", "slope must be finite and not negative, is ", slope);
    Tensor<B> y = empty_like(x);
    leaky_relu(x.on(), x.size(), slope, x.data(), y.data());
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
    leaky_relu_backward(y.on(), y.size(), slope, dy.data(), y.data(), dx.data());
    return {dx};
  }
};

}  // namespace ops

/// The leaky rectifier (Maas et al. 2013), any shape: x where x > 0, else slope x; its slope at 0 is `slope`. Throws
/// std::invalid_argument for a slope that is negative or not finite.
template <Value V>
V leaky_relu(const V& x, double slope = 0.01) {
  return apply(ops::LeakyRelu{slope}, x);
}

}  // namespace hush
