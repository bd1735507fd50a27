#pragma once
#include <cstdint>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = |a - b|, for n numbers.
template <class T>
void absolute_error(const Cpu<T>& cpu, std::int64_t n, const T* a, const T* b, T* y) {
  const auto distance = [](const cpu_detail::Numbers<T>& p, const cpu_detail::Numbers<T>& q) -> cpu_detail::Numbers<T> {
    return (p - q).abs();
  };
  map_blocks(cpu, n, y, distance, a, b);
}
/// da = dy[0] factor times the sign of a - b, 0 where both are the same; the gradient of b is its negative.
template <class T>
void absolute_error_backward(const Cpu<T>& cpu, std::int64_t n, double factor, const T* a, const T* b, const T* dy,
                             T* da) {
  const T slope = T(double(*dy) * factor);
  const auto signed_slope = [slope](cpu_detail::Numbers<T> p, const cpu_detail::Numbers<T>& q) {
    for (std::int64_t i = 0; i < cpu_detail::block_size; ++i)
      p[i] = p[i] > q[i] ? slope : p[i] < q[i] ? -slope : T(0) * (p[i] - q[i]);
    return p;
  };
  map_blocks(cpu, n, da, signed_slope, a, b);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
