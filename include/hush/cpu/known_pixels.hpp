#pragma once
#include <algorithm>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = inside where hole [pixels] is not 0, else outside, for pixels of `channels` numbers; y may be one of the two.
template <class T>
void choose_pixels(const Cpu<T>& cpu, std::int64_t pixels, std::int64_t channels, const T* hole, const T* inside,
                   const T* outside, T* y) {
  const std::int64_t band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / std::max<std::int64_t>(1, channels));
  parallel(cpu, (pixels + band - 1) / band, [&](std::int64_t task) {
    const std::int64_t end = std::min(pixels, (task + 1) * band);
    for (std::int64_t p = task * band; p < end; ++p) {
      const T* from = (hole[p] != T(0) ? inside : outside) + p * channels;
      if (from != y + p * channels) std::copy_n(from, channels, y + p * channels);
    }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
