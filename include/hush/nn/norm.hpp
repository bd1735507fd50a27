#pragma once
#include <hush/nn/group_norm_chain.hpp>
#include <hush/ops/layer_norm.hpp>

namespace hush::nn {

/// Group normalization (Wu and He 2018): [N, H, W, C], statistics over the pixels and channels of each of `groups`
/// groups of an image, then one scale and shift a channel. One without sizes has no parameters and stands where a
/// network has no such layer.
template <Backend B>
struct GroupNorm {
  Parameter<B> weight, bias;
  std::int64_t groups = 1;
  double eps = 1e-5;

  GroupNorm() = default;
  GroupNorm(const B& on, std::int64_t channels, std::int64_t groups_, double eps_ = 1e-5)
      : weight(on, {channels}, Init::ones()), bias(on, {channels}, Init::zeros()), groups(groups_), eps(eps_) {
    check(groups >= 1 && channels % groups == 0, "GroupNorm", channels, " channels do not fall into ", groups,
          " groups");
  }
  bool empty() const { return weight.value.empty(); }
  template <Value V>
  V operator()(const V& x) const {
    return group_norm(x, weight, bias, groups, eps);
  }
  /// The norm and what stands around it, on some backends at once: norm(x, {.activation = Activation::silu}).
  template <Value V>
  V operator()(const V& x, const NormEpilogue<V>& around) const {
    return group_norm_chain(x, weight, bias, groups, eps, around);
  }
  static void visit(auto& self, auto&& f) { f("weight", self.weight), f("bias", self.bias); }
};

/// Layer normalization (Ba et al. 2016) over the last extent.
template <Backend B>
struct LayerNorm {
  Parameter<B> weight, bias;
  double eps;

  LayerNorm(const B& on, std::int64_t channels, double eps_ = 1e-5)
      : weight(on, {channels}, Init::ones()), bias(on, {channels}, Init::zeros()), eps(eps_) {}
  template <Value V>
  V operator()(const V& x) const {
    return layer_norm(x, weight, bias, eps);
  }
  static void visit(auto& self, auto&& f) { f("weight", self.weight), f("bias", self.bias); }
};

}  // namespace hush::nn
