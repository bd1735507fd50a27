#pragma once
#include <hush/ops/batch_norm.hpp>

namespace hush::nn {

/// Batch normalization (Ioffe and Szegedy 2015), [N, ..., C] -> the same: statistics over the batch and all pixels of
/// each channel while a tape records, running ones otherwise; then one scale and shift a channel. The running
/// statistics are buffers (the variance with n - 1 in the denominator), moved by `momentum` a training step.
template <Backend B>
struct BatchNorm {
  Parameter<B> weight, bias, running_mean, running_var;
  BatchNormOptions options;

  BatchNorm(const B& on, std::int64_t channels, const BatchNormOptions& options_ = {})
      : weight(on, {channels}, Init::ones()),
        bias(on, {channels}, Init::zeros()),
        running_mean(buffer(on, {channels}, Init::zeros())),
        running_var(buffer(on, {channels}, Init::ones())),
        options(options_) {}
  template <Value V>
  V operator()(const V& x) const {
    return batch_norm(x, weight, bias, running_mean, running_var, options);
  }
  static void visit(auto& self, auto&& f) {
    f("weight", self.weight), f("bias", self.bias);
    f("running_mean", self.running_mean), f("running_var", self.running_var);
  }
};

}  // namespace hush::nn
