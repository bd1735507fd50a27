#pragma once
#include <cmath>

#include <hush/host_device.hpp>
#include <hush/tensor/norm_fusion.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// 1 / (1 + e^-x)
HUSH_HOST_DEVICE inline float logistic(float x) { return 1 / (1 + std::exp(-x)); }

/// What of a standard normal lies below x.
HUSH_HOST_DEVICE inline float normal_below(float x) { return 0.5f * std::erfc(-0.707106781f * x); }

/// An activation of one number, in float; the formulas are those of cpu/activation.hpp.
HUSH_HOST_DEVICE inline float activated(Activation activation, float x) {
  constexpr float c = 1.59576912f, cubic = 0.044715f;  // c = 2 sqrt(2 / pi)
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::silu:
      return x * logistic(x);
    case Activation::gelu_tanh:
      return x * logistic(c * x * (1 + cubic * x * x));
    case Activation::gelu_exact:
      return x * normal_below(x);
    case Activation::relu:
      return x < 0 ? 0.0f : x;
  }
  return x;
}

/// Its derivative at x.
HUSH_HOST_DEVICE inline float activation_slope(Activation activation, float x) {
  constexpr float c = 1.59576912f, cubic = 0.044715f, density = 0.398942280f;
  switch (activation) {
    case Activation::none:
      return 1;
    case Activation::silu: {
      const float s = logistic(x);
      return s * (1 + x * (1 - s));
    }
    case Activation::gelu_tanh: {
      const float square = x * x, s = logistic(c * x * (1 + cubic * square));
      return s * (1 + x * (1 - s) * c * (1 + 3 * cubic * square));
    }
    case Activation::gelu_exact:
      return normal_below(x) + density * x * std::exp(-0.5f * x * x);
    case Activation::relu:
      return x > 0 ? 1.0f : 0.0f;
  }
  return 1;
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
