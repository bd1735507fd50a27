#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The quantile of |x| at `ratio`, interpolated linearly between order statistics. Numbers are ordered by their bits,
/// so that NaN is the largest.
template <class T>
double quantile_of_magnitudes(std::int64_t n, double ratio, const T* x) {
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  std::vector<Bits> bits(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) bits[std::size_t(i)] = __builtin_bit_cast(Bits, std::abs(x[i]));
  const double place = ratio * double(n - 1), before = std::floor(place);
  const auto lower = bits.begin() + std::int64_t(before);
  std::nth_element(bits.begin(), lower, bits.end());
  const double low = double(__builtin_bit_cast(T, *lower));
  if (place == before) return low;
  const double high = double(__builtin_bit_cast(T, *std::min_element(lower + 1, bits.end())));
  return std::fma(place - before, high - low, low);
}

}  // namespace cpu_detail

/// x0 = clamp(x0, -s, s) / s for images of `stride` numbers, with s = min(max(quantile(|x0|, ratio), 1), largest) of
/// each (kernels/threshold.hpp).
template <class T>
void threshold_images(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, double ratio, double largest,
                      T* x0) {
  parallel(cpu, images, [&](std::int64_t image) {
    T* x = x0 + image * stride;
    const T s = T(std::fmin(std::fmax(cpu_detail::quantile_of_magnitudes(stride, ratio, x), 1), largest));
    for (std::int64_t i = 0; i < stride; i += cpu_detail::block_size)
      cpu_detail::store_block<T>(x + i, stride - i, cpu_detail::load_block(x + i, stride - i).max(-s).min(s) / s);
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
