#pragma once
#include <utility>

#include <hush/ops/spectral_norm.hpp>

namespace hush::nn {

/// A convolution or a linear layer whose weight is divided by its spectral norm (Miyato et al. 2018): as a matrix [out,
/// rest] the weight that it computes with has a largest singular value of about 1, which bounds how steep a critic can
/// be. `u` [out] is a buffer, taken one power iteration on by each step of training and left alone otherwise; a step
/// records the layer once, on real and made images as one batch.
template <class Layer>
struct SpectralNorm {
  Layer layer;
  decltype(Layer::weight) u;

  explicit SpectralNorm(Layer of)
      : layer(std::move(of)), u(buffer(layer.weight.value.on(), {layer.weight.value.shape()[0]}, Init::normal(1))) {}
  template <Value V>
  V operator()(const V& x) const {
    return layer.with_weight(x, spectral_norm(x, layer.weight, u));
  }
  static void visit(auto& self, auto&& f) {
    Layer::visit(self.layer, f);
    f("u", self.u);
  }
};

}  // namespace hush::nn
