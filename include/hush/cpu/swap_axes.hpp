#pragma once
#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y [outer, b, a, inner] with the two middle axes of x [outer, a, b, inner] swapped.
template <class T>
void swap_axes(const Cpu<T>& cpu, std::int64_t outer, std::int64_t a, std::int64_t b, std::int64_t inner, const T* x,
               T* y) {
  const std::int64_t runs = outer * b * a, band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / inner);
  parallel(cpu, (runs + band - 1) / band, [&](std::int64_t task) {
    for (std::int64_t r = task * band; r < std::min(runs, (task + 1) * band); ++r) {
      const std::int64_t i = r % a, j = r / a % b, from = (r / a / b * a + i) * b + j;
      std::copy_n(x + from * inner, inner, y + r * inner);
    }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
