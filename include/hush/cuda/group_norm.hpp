#pragma once
#include <hush/cuda/group_norm_backward.hpp>
#include <hush/cuda/group_norm_fused.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// y = (x - mean) rstd gamma + beta, mean and rstd over the pixels and channels of each group of each image.
template <class P, class M>
void group_norm(const Cuda<P, M>& on, const GroupNormSizes& s, const ScalarOf<P>* x, const float* gamma,
                const float* beta, ScalarOf<P>* y, float* mean, float* rstd) {
  group_norm_fused(on, s, {}, x, gamma, beta, y, mean, rstd);
}

/// Gradients of group_norm; nullptr where they are not wanted.
template <class P, class M>
void group_norm_backward(const Cuda<P, M>& on, const GroupNormSizes& s, const ScalarOf<P>* dy, const ScalarOf<P>* x,
                         const float* gamma, const float* mean, const float* rstd, ScalarOf<P>* dx, float* dgamma,
                         float* dbeta) {
  // Without an activation and a scale nothing asks for beta.
  group_norm_fused_backward(on, s, {}, dy, x, gamma, gamma, mean, rstd, {.x = dx, .gamma = dgamma, .beta = dbeta});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
