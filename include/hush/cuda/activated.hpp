#pragma once
#include <hush/cuda/activation.hpp>
#include <hush/kernels/norm_fusion.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// An activation of one number.
HUSH_HOST_DEVICE inline float activated(Activation activation, float x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::silu:
      return bodies::SiluOf{}(x, 0);
    case Activation::gelu_tanh:
      return bodies::GeluTanhOf{}(x, 0);
    case Activation::gelu_exact:
      return bodies::GeluExactOf{}(x, 0);
    case Activation::relu:
      return bodies::ReluOf{}(x, 0);
  }
  return x;
}

/// dy times the activation's derivative at x.
HUSH_HOST_DEVICE inline float activated_backward(Activation activation, float dy, float x) {
  switch (activation) {
    case Activation::none:
      return dy;
    case Activation::silu:
      return bodies::SiluSlope{}(dy, x);
    case Activation::gelu_tanh:
      return bodies::GeluTanhSlope{}(dy, x);
    case Activation::gelu_exact:
      return bodies::GeluExactSlope{}(dy, x);
    case Activation::relu:
      return bodies::ReluSlope{}(dy, x);
  }
  return dy;
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
