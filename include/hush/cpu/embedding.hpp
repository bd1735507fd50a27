#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y[i] = table[rows[i]], for n rows of `width` numbers.
template <class T>
void embedding(const Cpu<T>&, std::int64_t n, std::int64_t width, const T* table, const std::int32_t* rows, T* y) {
  for (std::int64_t i = 0; i < n; ++i) std::copy_n(table + rows[i] * width, width, y + i * width);
}
/// dtable [entries, width]: row r is the sum, in order, of dy[i] over all i with rows[i] = r.
template <class T>
void embedding_backward(const Cpu<T>&, std::int64_t n, std::int64_t entries, std::int64_t width,
                        const std::int32_t* rows, const T* dy, T* dtable) {
  std::fill_n(dtable, entries * width, T(0));
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t c = 0; c < width; ++c) dtable[rows[i] * width + c] += dy[i * width + c];
}

/// y [n, width] with half = width / 2: sin(w_k t[i]) and cos(w_k t[i]), w_k = scale * max_period^(-k / divisor) for k <
/// half, in one order or the other; the last of an odd width is 0. Computed in double.
template <class T>
void sinusoidal_embedding(const Cpu<T>& cpu, std::int64_t n, std::int64_t width, double max_period, double divisor,
                          double scale, bool cosine_first, const T* t, T* y) {
  const std::int64_t half = width / 2;
  parallel(cpu, n, [&](std::int64_t i) {
    T* row = y + i * width;
    for (std::int64_t k = 0; k < half; ++k) {
      const double angle = scale * double(t[i]) * std::exp(-std::log(max_period) * double(k) / divisor);
      row[cosine_first ? half + k : k] = T(std::sin(angle));
      row[cosine_first ? k : half + k] = T(std::cos(angle));
    }
    if (width % 2) row[width - 1] = 0;
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
