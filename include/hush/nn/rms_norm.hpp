#pragma once
#include <cstdint>

#include <hush/autograd/parameter.hpp>
#include <hush/ops/rms_norm.hpp>

namespace hush::nn {

/// Root mean square normalization (Zhang and Sennrich 2019) over the last extent, then one factor a channel. One
/// without sizes has no parameters and stands where a network has no such layer.
template <Backend B>
struct RmsNorm {
  Parameter<B> weight;
  double eps = 1e-6;

  RmsNorm() = default;
  RmsNorm(const B& on, std::int64_t channels, double eps_ = 1e-6) : weight(on, {channels}, Init::ones()), eps(eps_) {}
  bool empty() const { return weight.value.empty(); }
  template <Value V>
  V operator()(const V& x) const {
    return rms_norm(x, weight, eps);
  }
  static void visit(auto& self, auto&& f) { f("weight", self.weight); }
};

}  // namespace hush::nn
