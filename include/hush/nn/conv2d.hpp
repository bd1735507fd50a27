#pragma once
#include <optional>

#include <hush/kernels/capabilities.hpp>
#include <hush/nn/conv2d_constants.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/conv2d.hpp>

namespace hush::nn {

/// Convolution with a square kernel, [N, H, W, in] -> [N, H', W', out]; zero-padded to keep H and W unless the options
/// say otherwise. One without sizes has no parameters and stands where a network has no such layer.
template <Backend B>
struct Conv2d {
  Parameter<B> weight, bias;
  Conv2dOptions options;

  struct Config {
    std::int64_t kernel = 3;
    bool bias = true;
    Conv2dOptions options{};
  };
  Conv2d() = default;
  Conv2d(const B& on, std::int64_t in, std::int64_t out, const Config& config = {3, true, {}})
      : weight(on, {out, config.kernel, config.kernel, in}, Init::fan_in(in * config.kernel * config.kernel)),
        options(config.options) {
    if (config.bias) bias = Parameter<B>(on, {out}, Init::fan_in(in * config.kernel * config.kernel));
  }
  template <Value V>
  V operator()(const V& x) const {
    return conv2d(x, weight, bias, options);
  }
  /// The same for x [N, H, W, C] and channels behind it that are the same at every pixel, constants [N, in - C], where
  /// there are such (see conv2d of constants).
  template <Value V>
  V operator()(const V& x, const std::optional<V>& constants) const {
    return constants ? conv2d(x, *constants, weight, bias, options) : (*this)(x);
  }
  /// residual + (*this)(x): one op on a backend that has it.
  template <Value V>
  V onto(const V& residual, const V& x) const {
    if constexpr (HasResidualProducts<B>)
      return conv2d_onto(residual, x, weight, bias, options);
    else
      return residual + (*this)(x);
  }
  /// The layer with another weight of the same shape, one that is computed.
  template <Value V>
  V with_weight(const V& x, const V& other) const {
    return conv2d(x, other, bias, options);
  }
  bool empty() const { return weight.value.empty(); }
  static void visit(auto& self, auto&& f) { f("weight", self.weight), f("bias", self.bias); }
};

}  // namespace hush::nn
