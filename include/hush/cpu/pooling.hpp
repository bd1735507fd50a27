#pragma once
#include <hush/cpu/block.hpp>
#include <hush/kernels/image_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The maximum of the window * window pixels at x, channel by channel, for up to one block of channels; NaN if any is.
template <class T>
Numbers<T> window_max(std::int64_t window, std::int64_t line, std::int64_t channels, std::int64_t count, const T* x) {
  Numbers<T> best = load_block(x, count);
  for (std::int64_t i = 0; i < window; ++i)
    for (std::int64_t j = 0; j < window; ++j) {
      const Numbers<T> v = load_block(x + i * line + j * channels, count);
      for (std::int64_t k = 0; k < block_size; ++k) best[k] = v[k] > best[k] || v[k] != v[k] ? v[k] : best[k];
    }
  return best;
}

}  // namespace cpu_detail

/// y[H / window, W / window] = the maximum of each window; rows and columns that fill no window are left out.
template <class T>
void max_pool2d(const Cpu<T>& cpu, const ImageSizes& s, std::int64_t window, const T* x, T* y) {
  const std::int64_t height = s.height / window, width = s.width / window, line = s.width * s.channels;
  parallel(cpu, s.batch * height, [&](std::int64_t row) {
    const T* from = x + (row / height * s.height + row % height * window) * line;
    for (std::int64_t i = 0; i < width; ++i)
      for (std::int64_t c = 0; c < s.channels; c += cpu_detail::block_size) {
        const T* corner = from + i * window * s.channels + c;
        const cpu_detail::Numbers<T> best = cpu_detail::window_max(window, line, s.channels, s.channels - c, corner);
        cpu_detail::store_block(y + (row * width + i) * s.channels + c, s.channels - c, best);
      }
  });
}

/// The gradient goes to the first pixel with the maximum; all others, also those outside of every window, get 0.
template <class T>
void max_pool2d_backward(const Cpu<T>& cpu, const ImageSizes& s, std::int64_t window, const T* dy, const T* x, T* dx) {
  const std::int64_t height = s.height / window, width = s.width / window, line = s.width * s.channels;
  const std::int64_t bands = height + (s.height % window != 0);
  parallel(cpu, s.batch * bands, [&](std::int64_t task) {
    const std::int64_t image = task / bands, band = task % bands;
    const std::int64_t begin = (image * s.height + band * window) * line;
    std::fill_n(dx + begin, std::min(window, s.height - band * window) * line, T(0));
    if (band == height) return;
    for (std::int64_t i = 0; i < width; ++i)
      for (std::int64_t c = 0; c < s.channels; c += cpu_detail::block_size) {
        const std::int64_t corner = begin + i * window * s.channels + c, left = s.channels - c;
        const cpu_detail::Numbers<T> best = cpu_detail::window_max(window, line, s.channels, left, x + corner);
        cpu_detail::Numbers<T> rest =
            cpu_detail::load_block(dy + ((image * height + band) * width + i) * s.channels + c, left);
        for (std::int64_t j = 0; j < window * window; ++j) {
          const std::int64_t at = corner + j / window * line + j % window * s.channels;
          const cpu_detail::Numbers<T> v = cpu_detail::load_block(x + at, left);
          cpu_detail::Numbers<T> share;
          for (std::int64_t k = 0; k < cpu_detail::block_size; ++k) {
            const bool wins = v[k] == best[k] || v[k] != v[k];
            share[k] = wins ? rest[k] : T(0);
            rest[k] = wins ? T(0) : rest[k];
          }
          cpu_detail::store_block(dx + at, left, share);
        }
      }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
