#pragma once
#include <cstdint>

#include <hush/kernels/modulated_norm_sizes.hpp>
#include <hush/kernels/rotary_sizes.hpp>
#include <hush/tensor/backend.hpp>

// The kernels of transformers over the patches of an image, in the letters of kernels.hpp.
namespace hush {
/// x + gate y, the gate the same for all tokens of an image, and its gradients by y and gate.
template <class B, class S = typename B::scalar>
concept GatedAddKernels = requires(const B& on, std::int64_t n, const S* x, S* y) {
  gated_add(on, n, n, n, x, x, x, y);
  gated_add_backward(on, n, n, n, x, x, x, y, y);
};

/// A norm without weights, scaled and shifted for each image, and its gradients; scale and shift may be nullptr.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept ModulatedNormKernels = requires(const B& on, const ModulatedNormSizes& s, const S* x, const M* p, S* y, M* q) {
  modulated_norm(on, s, x, x, x, y, q, q);
  modulated_norm_backward(on, s, x, x, x, p, p, y, y, y);
};

/// Root mean square normalization, and its gradients.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept RmsNormKernels = requires(const B& on, std::int64_t n, double eps, const S* x, const M* p, S* y, M* q) {
  rms_norm(on, n, n, eps, x, p, y, q);
  rms_norm_backward(on, n, n, n, x, x, p, p, y, q);
};

/// Pairs of channels turned by angles of their token, or back.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept RotaryKernels = requires(const B& on, const RotarySizes& s, bool back, const S* x, const M* p, S* y) {
  rotary_embedding(on, s, back, x, p, y);
};

/// Two axes in the other order.
template <class B, class S = typename B::scalar>
concept SwapKernels = requires(const B& on, std::int64_t n, const S* x, S* y) {
  swap_axes(on, n, n, n, n, x, y);
};

/// All of these.
template <class B>
concept TokenKernels =
    GatedAddKernels<B> && ModulatedNormKernels<B> && RmsNormKernels<B> && RotaryKernels<B> && SwapKernels<B>;

}  // namespace hush
