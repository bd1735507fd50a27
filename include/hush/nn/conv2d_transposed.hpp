#pragma once
#include <hush/ops/conv2d_transposed.hpp>

namespace hush::nn {

/// Transposed convolution with a square kernel, [N, H, W, in] -> [N, (H - 1) stride - 2 pad + kernel, ..., out]; a
/// kernel of 4 with stride 2 and pad 1 doubles both sides. Files hold the weight as [in, out, kH, kW].
template <Backend B>
struct Conv2dTransposed {
  Parameter<B> weight, bias;
  Conv2dTransposedOptions options;

  struct Config {
    std::int64_t kernel = 3;
    bool bias = true;
    Conv2dTransposedOptions options{};
  };
  Conv2dTransposed(const B& on, std::int64_t in, std::int64_t out, const Config& config = {3, true, {}})
      : weight(on, {in, config.kernel, config.kernel, out}, Init::fan_in(out * config.kernel * config.kernel)),
        options(config.options) {
    if (config.bias) bias = Parameter<B>(on, {out}, Init::fan_in(out * config.kernel * config.kernel));
  }
  template <Value V>
  V operator()(const V& x) const {
    return conv2d_transposed(x, weight, bias, options);
  }
  static void visit(auto& self, auto&& f) { f("weight", self.weight), f("bias", self.bias); }
};

}  // namespace hush::nn
