#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y [n, 2 * count]: sin(2 pi w[k] ln t[i]) for all k, then the cosines. Computed in double.
template <class T>
void fourier_embedding(const Cpu<T>& cpu, std::int64_t n, std::int64_t count, const T* t, const T* w, T* y) {
  constexpr double turn = 2 * 3.141592653589793;
  parallel(cpu, n, [&](std::int64_t i) {
    for (std::int64_t k = 0; k < count; ++k) {
      const double angle = turn * double(w[k]) * std::log(double(t[i]));
      y[2 * i * count + k] = T(std::sin(angle));
      y[(2 * i + 1) * count + k] = T(std::cos(angle));
    }
  });
}

/// rows[i]: the whole number nearest to t[i], the greater one of two, among 0, ..., entries - 1.
template <class T>
void nearest_rows(const Cpu<T>&, std::int64_t n, std::int64_t entries, const T* t, std::int32_t* rows) {
  for (std::int64_t i = 0; i < n; ++i) {
    const double row = std::floor(double(t[i]) + 0.5);
    rows[i] = std::int32_t(row >= 0 ? std::min(row, double(entries - 1)) : 0);  // NaN too
  }
}

/// y = x / t[image], for images of `stride` numbers.
template <class T>
void divide_images(const Cpu<T>& cpu, std::int64_t batch, std::int64_t stride, const T* x, const T* t, T* y) {
  parallel(cpu, batch, [&](std::int64_t i) {
    for (std::int64_t k = i * stride; k < (i + 1) * stride; ++k) y[k] = x[k] / t[i];
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
