#pragma once
#include <hush/kernels/capabilities.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/linear.hpp>

namespace hush::nn {

/// y = x weight^T + bias over the last extent: [..., in] -> [..., out]. One without sizes has no parameters and stands
/// where a network has no such layer.
template <Backend B>
struct Linear {
  Parameter<B> weight, bias;

  Linear() = default;
  Linear(const B& on, std::int64_t in, std::int64_t out, bool with_bias = true)
      : weight(on, {out, in}, Init::fan_in(in)) {
    if (with_bias) bias = Parameter<B>(on, {out}, Init::fan_in(in));
  }
  bool empty() const { return weight.value.empty(); }
  template <Value V>
  V operator()(const V& x) const {
    return linear(x, weight, bias);
  }
  /// The layer with another weight of the same shape, one that is computed.
  template <Value V>
  V with_weight(const V& x, const V& other) const {
    return linear(x, other, bias);
  }
  /// residual + (*this)(x): one op on a backend that has it.
  template <Value V>
  V onto(const V& residual, const V& x) const {
    if constexpr (HasResidualProducts<B>)
      return linear_onto(residual, x, weight, bias);
    else
      return residual + (*this)(x);
  }
  static void visit(auto& self, auto&& f) { f("weight", self.weight), f("bias", self.bias); }
};

}  // namespace hush::nn
