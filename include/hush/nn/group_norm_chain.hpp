#pragma once
#include <hush/kernels/capabilities.hpp>
#include <hush/nn/group_norm_around.hpp>
#include <hush/ops/add_channels.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/average_pool2d.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/gelu.hpp>
#include <hush/ops/group_norm.hpp>
#include <hush/ops/group_norm_fused.hpp>
#include <hush/ops/relu.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/upsample.hpp>

namespace hush::nn {

/// A group normalization and what stands around it by the ops of its parts.
template <Value V>
V norm_by_parts(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
                std::int64_t groups, double eps, const NormEpilogue<V>& around) {
  check_around(x, around);
  V v = group_norm(around.beside ? concat(x, *around.beside) : x, gamma, beta, groups, eps);
  if (around.scale) {
    const V zero = constant_like(x, filled(v.on(), v.shape(), 0));
    v = v + v * add_channels(zero, *around.scale);
  }
  if (around.shift) v = add_channels(v, *around.shift);
  if (around.residual) v = *around.residual + v;
  switch (around.activation) {
    case Activation::none:
      break;
    case Activation::silu:
      v = silu(v);
      break;
    case Activation::gelu_tanh:
      v = gelu(v, Gelu::tanh);
      break;
    case Activation::gelu_exact:
      v = gelu(v, Gelu::exact);
      break;
    case Activation::relu:
      v = relu(v);
      break;
  }
  if (around.resample == Resample::average2) return average_pool2d(v, 2);
  return around.resample == Resample::nearest2 ? upsample_nearest(v, 2) : v;
}

/// A group normalization and what stands around it in an op that saves little (see group_norm_around), behind what lies
/// beside x and before resampling.
template <Value V>
V norm_recomputed(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
                  std::int64_t groups, double eps, const NormEpilogue<V>& around) {
  check_around(x, around);
  const V y = group_norm_around(around.beside ? concat(x, *around.beside) : x, gamma, beta, groups, eps, around);
  if (around.resample == Resample::average2) return average_pool2d(y, 2);
  return around.resample == Resample::nearest2 ? upsample_nearest(y, 2) : y;
}

/// A group normalization (see group_norm) and what stands around it: one op on a backend that fuses them or computes
/// again what it needs, the ops one after the other elsewhere. Throws std::invalid_argument for shapes that do not fit.
template <Value V>
V group_norm_chain(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
                   std::int64_t groups, double eps, const NormEpilogue<V>& around) {
  if constexpr (HasFusedNorms<typename V::backend>)
    return group_norm_fused(x, gamma, beta, groups, eps, around);
  else if constexpr (HasRecomputing<typename V::backend>)
    return norm_recomputed(x, gamma, beta, groups, eps, around);
  else
    return norm_by_parts(x, gamma, beta, groups, eps, around);
}

}  // namespace hush::nn
