#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves x and the weight.
struct Linear {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    const Shape &s = x.shape(), &w = weight.shape();
    check(s.rank() >= 1, "linear", "wants x [..., in], got ", s);
    check(w.rank() == 2, "linear", "wants a weight [out, in], got ", w);
    check(s.back() == w[1], "linear", "input has ", s.back(), " features, weight wants ", w[1]);
    check(bias.empty() || bias.shape() == Shape{w[0]}, "linear", "weight has ", w[0], " outputs, bias is ",
          bias.shape());
    Tensor<B> y(x.on(), s.with_back(w[0]));
    linear(x.on(), x.size() / s.back(), w[1], w[0], x.data(), weight.data(), bias.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    return Recorded{forward(x, weight, bias), std::tuple{x, weight}};
  }
  template <Backend B>
  Grads<B, 3> backward(const Needs<3>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Tensor<B>& weight) const {
    const std::int64_t out = weight.shape()[0], in = weight.shape()[1], rows = x.size() / in;
    Grads<B, 3> grads;
    if (needs[0]) {
      grads[0] = empty_like(x);
      linear_backward_input(dy.on(), rows, in, out, dy.data(), weight.data(), grads[0].data());
    }
    if (needs[1] || needs[2]) {
      grads[1] = Tensor<B>(dy.on(), weight.shape());
      if (needs[2]) grads[2] = Tensor<B>(dy.on(), {out});
      linear_backward_weight(dy.on(), rows, in, out, x.data(), dy.data(), grads[1].data(), grads[2].data());
    }
    return grads;
  }
};

}  // namespace ops

/// y = x weight^T + bias over the last extent: x [..., in], weight [out, in], bias [out] or empty, y [..., out].
template <Value V>
V linear(const V& x, const Parameter<typename V::backend>& weight, const Parameter<typename V::backend>& bias) {
  return apply(ops::Linear{}, x, in_scalars(weight), in_scalars(bias));
}

}  // namespace hush
