#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// factor * the sum of all elements, or the sum divided by their number.
struct Sum {
  bool mean = false;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const Shape& s = x.shape();
    check(x.size() > 0, mean ? "mean" : "sum", "has no elements in ", s);
    const std::int64_t images = s.rank() > 1 ? s[0] : 1;
    Tensor<B> y(x.on(), {1});
    sum(x.on(), images, s.size() / images, factor(s), x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Shape& s) const {
    Tensor<B> dx(dy.on(), s);
    spread(dy.on(), dx.size(), factor(s), dy.data(), dx.data());
    return {dx};
  }
  double factor(const Shape& s) const { return mean ? 1 / double(s.size()) : 1; }
};

}  // namespace ops

/// The sum of all elements, one number of shape [1]; image by image, then over the images in order.
template <Value V>
V sum(const V& x) {
  return apply(ops::Sum{}, x);
}
/// The mean of all elements, one number of shape [1].
template <Value V>
V mean(const V& x) {
  return apply(ops::Sum{true}, x);
}

}  // namespace hush
