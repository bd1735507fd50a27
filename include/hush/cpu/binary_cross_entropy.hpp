#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hush/cpu/cpu.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = ln(1 + e^x) - target x, for n logits and targets in [0, 1]; never overflows.
template <class T>
void binary_cross_entropy(const Cpu<T>&, std::int64_t n, const T* x, const T* target, T* y) {
  for (std::int64_t i = 0; i < n; ++i)
    y[i] = std::max(x[i], T(0)) + std::log1p(std::exp(-std::abs(x[i]))) - target[i] * x[i];
}
/// dx = dy[0] factor (sigmoid(x) - target).
template <class T>
void binary_cross_entropy_backward(const Cpu<T>&, std::int64_t n, double factor, const T* x, const T* target,
                                   const T* dy, T* dx) {
  const T slope = T(double(*dy) * factor);
  for (std::int64_t i = 0; i < n; ++i) dx[i] = slope * (1 / (1 + std::exp(-x[i])) - target[i]);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
