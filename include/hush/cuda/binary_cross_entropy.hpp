#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// ln(1 + e^x) - target x.
struct BinaryCrossEntropyOf {
  HUSH_HOST_DEVICE float operator()(float x, float target) const {
    return (x > 0.f ? x : 0.f) + std::log1p(std::exp(-std::abs(x))) - target * x;
  }
};
/// factor dy (sigmoid(x) - target), with dy in the backend's memory.
template <class D>
struct BinaryCrossEntropySlope {
  float factor;
  const D* dy;
  HUSH_HOST_DEVICE float operator()(float x, float target) const {
    return float(*dy) * factor * (1.f / (1.f + std::exp(-x)) - target);
  }
};
}  // namespace bodies

/// y = ln(1 + e^x) - target x, for n logits and targets in [0, 1]; in float.
template <class P, class M, class T>
void binary_cross_entropy(const Cuda<P, M>& on, std::int64_t n, const T* x, const T* target, float* y) {
  map(on, n, bodies::BinaryCrossEntropyOf{}, y, x, target);
}
/// dx = dy[0] factor (sigmoid(x) - target).
template <class P, class M, class T, class D>
void binary_cross_entropy_backward(const Cuda<P, M>& on, std::int64_t n, double factor, const T* x, const T* target,
                                   const D* dy, T* dx) {
  map(on, n, bodies::BinaryCrossEntropySlope<D>{float(factor), dy}, dx, x, target);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
