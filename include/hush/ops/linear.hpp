#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/capabilities.hpp>

namespace hush {

namespace ops {

/// Saves x and the weight.
struct Linear {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    Tensor<B> y = room(x, weight, bias);
    linear(x.on(), x.size() / weight.shape()[1], weight.shape()[1], weight.shape()[0], x.data(), weight.data(),
           bias.data(), y.data());
    return y;
  }
  /// Memory for the result.
  template <Backend B>
  static Tensor<B> room(const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) {
    const Shape &s = x.shape(), &w = weight.shape();
    check(s.rank() >= 1, "linear", "wants x [..., in], got ", s);
    check(w.rank() == 2, "linear", "wants a weight [out, in], got ", w);
    check(s.back() == w[1], "linear", "input has ", s.back(), " features, weight wants ", w[1]);
    check(bias.empty() || bias.shape() == Shape{w[0]}, "linear", "weight has ", w[0], " outputs, bias is ",
          bias.shape());
    return Tensor<B>(x.on(), s.with_back(w[0]));
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

/// A linear layer and the sum with a residual, for backends that do both at once. Saves x and the weight.
struct LinearOnto {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& residual, const Tensor<B>& x, const Tensor<B>& weight,
                    const Tensor<B>& bias) const {
    Tensor<B> y = Linear::room(x, weight, bias);
    check(residual.shape() == y.shape(), "linear_onto", "the residual is ", residual.shape(), ", the layer gives ",
          y.shape());
    linear(x.on(), x.size() / weight.shape()[1], weight.shape()[1], weight.shape()[0], x.data(), weight.data(),
           bias.data(), residual.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& residual, const Tensor<B>& x, const Tensor<B>& weight, const Tensor<B>& bias) const {
    return Recorded{forward(residual, x, weight, bias), std::tuple{x, weight}};
  }
  template <Backend B>
  Grads<B, 4> backward(const Needs<4>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Tensor<B>& weight) const {
    auto [dx, dweight, dbias] = Linear{}.backward({needs[1], needs[2], needs[3]}, dy, x, weight);
    return {dy, dx, dweight, dbias};
  }
};

}  // namespace ops

/// y = x weight^T + bias over the last extent: x [..., in], weight [out, in], bias [out] or empty, y [..., out].
template <Value V>
V linear(const V& x, const Parameter<typename V::backend>& weight, const Parameter<typename V::backend>& bias) {
  return apply(ops::Linear{}, x, in_scalars(weight), in_scalars(bias));
}

/// The same with a weight that is itself computed.
template <Value V>
V linear(const V& x, const V& weight, const Parameter<typename V::backend>& bias) {
  return apply(ops::Linear{}, x, weight, in_scalars(bias));
}

/// residual + linear(x, weight, bias) in one op; the residual is of the result's shape.
template <Value V>
V linear_onto(const V& residual, const V& x, const Parameter<typename V::backend>& weight,
              const Parameter<typename V::backend>& bias) requires HasResidualProducts<typename V::backend> {
  return apply(ops::LinearOnto{}, residual, x, in_scalars(weight), in_scalars(bias));
}

}  // namespace hush
