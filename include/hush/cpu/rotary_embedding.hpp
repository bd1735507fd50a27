#pragma once
#include <hush/cpu/block.hpp>
#include <hush/kernels/rotary_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Turns the channels j and j + width / 2 of each head of x [batch, tokens, heads * width], as a point of the plane, by
/// the angle j of their token; back, by its negative. `table` [tokens, width] has the cosines of a token's angles, then
/// their sines.
template <class T>
void rotary_embedding(const Cpu<T>& cpu, const RotarySizes& s, bool back, const T* x, const T* table, T* y) {
  const std::int64_t half = s.width / 2, line = s.heads * s.width, rows = s.batch * s.tokens;
  const std::int64_t band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / line);
  const T sign = back ? T(-1) : T(1);
  parallel(cpu, (rows + band - 1) / band, [&](std::int64_t task) {
    for (std::int64_t r = task * band; r < std::min(rows, (task + 1) * band); ++r) {
      const T *cosines = table + r % s.tokens * s.width, *sines = cosines + half;
      for (std::int64_t h = r * line; h < (r + 1) * line; h += s.width) {
        const T *a = x + h, *b = a + half;
        for (std::int64_t j = 0; j < half; ++j) {
          const T sine = sign * sines[j];
          y[h + j] = a[j] * cosines[j] - b[j] * sine;
          y[h + half + j] = b[j] * cosines[j] + a[j] * sine;
        }
      }
    }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
