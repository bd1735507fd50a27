#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// |a - b|.
struct AbsoluteErrorOf {
  HUSH_HOST_DEVICE float operator()(float a, float b) const { return std::abs(a - b); }
};
/// factor dy times the sign of a - b, with dy in the backend's memory; NaN stays NaN.
template <class D>
struct AbsoluteErrorSlope {
  float factor;
  const D* dy;
  HUSH_HOST_DEVICE float operator()(float a, float b) const {
    const float slope = float(*dy) * factor;
    return a > b ? slope : a < b ? -slope : 0.f * (a - b);
  }
};
}  // namespace bodies

/// y = |a - b|, for n numbers; in float.
template <class P, class M, class T>
void absolute_error(const Cuda<P, M>& on, std::int64_t n, const T* a, const T* b, float* y) {
  map(on, n, bodies::AbsoluteErrorOf{}, y, a, b);
}
/// da = dy[0] factor times the sign of a - b, 0 where both are the same; the gradient of b is its negative.
template <class P, class M, class T, class D>
void absolute_error_backward(const Cuda<P, M>& on, std::int64_t n, double factor, const T* a, const T* b, const D* dy,
                             T* da) {
  map(on, n, bodies::AbsoluteErrorSlope<D>{float(factor), dy}, da, a, b);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
