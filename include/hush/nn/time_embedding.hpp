#pragma once
#include <cstdint>

#include <hush/nn/linear.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/sinusoidal_embedding.hpp>

namespace hush::nn {

/// The embedding of noise levels [N] as vectors [N, width]: sines and cosines (see sinusoidal_embedding), then no, one
/// or two linear layers, SiLU between the two (Ho et al. 2020, appendix B). The activation behind it is the network's
/// own, so that the embedding of a label can be added before. A network lists the two layers under names of its own.
template <Backend B>
struct TimeEmbedding {
  SinusoidalOptions sinusoid;
  Linear<B> linear1, linear2;

  explicit TimeEmbedding(const SinusoidalOptions& options) : sinusoid(options) {}
  TimeEmbedding(const B& on, const SinusoidalOptions& options, std::int64_t width, bool two_layers)
      : sinusoid(options), linear1(on, options.width, width) {
    if (two_layers) linear2 = Linear<B>(on, width, width);
  }
  /// The embedding in the life of `like`, which is any value of the pass.
  template <Value V>
  V operator()(const V& like, const Tensor<B, typename B::master>& noise_labels) const {
    const V waves = sinusoidal_embedding(like, noise_labels, sinusoid);
    if (linear1.empty()) return waves;
    const V hidden = linear1(waves);
    return linear2.empty() ? hidden : linear2(silu(hidden));
  }
  static void visit(auto& self, auto&& f) { f("linear1", self.linear1), f("linear2", self.linear2); }
};

}  // namespace hush::nn
