#pragma once
#include <cstdint>

namespace hush {

/// What stands behind a normalization: nothing, SiLU, GELU in its tanh form or the exact one, ReLU.
enum class Activation { none, silu, gelu_tanh, gelu_exact, relu };

/// What stands behind that: nothing, the average of each 2x2 pixels, or each pixel twice each way.
enum class Resample { none, average2, nearest2 };

/// What a fused group normalization does besides normalizing x, in this order; pointers are nullptr where there is
/// nothing to do.
///   x       = x and `beside` side by side: the last `beside_channels` of the channels are in a tensor of their own
///   v       = (x - mean) rstd gamma + beta
///   v       = (1 + scale) v + shift, both [batch, channels]
///   v       = v + residual, of the shape of v
///   y       = resample(activation(v)); for lines of `width` pixels, which only resampling wants to know
template <class T>
struct NormFusion {
  Activation activation = Activation::none;
  Resample resample = Resample::none;
  std::int64_t width = 0;
  const T* scale = nullptr;
  const T* shift = nullptr;
  const T* residual = nullptr;
  const T* beside = nullptr;
  std::int64_t beside_channels = 0;
};

/// Where the gradients of a fused group normalization go; nullptr where they are not wanted. Those of the parameters
/// are masters, of type M.
template <class T, class M>
struct NormFusionGrads {
  T* x = nullptr;
  T* beside = nullptr;
  T* scale = nullptr;
  T* shift = nullptr;
  T* residual = nullptr;
  M* gamma = nullptr;
  M* beta = nullptr;
};

}  // namespace hush
