#pragma once
#include <hush/cpu/reduce.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// f(at, gates) for each pixel of arrays [batch, pixels, channels]: its place, and the gates of its image.
template <class T, class F>
void each_gated(const Cpu<T>& cpu, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const T* gate,
                const F& f) {
  const std::int64_t rows = batch * pixels, band = std::max<std::int64_t>(1, numbers_a_task / channels);
  parallel(cpu, (rows + band - 1) / band, [&](std::int64_t task) {
    const std::int64_t end = std::min(rows, (task + 1) * band);
    for (std::int64_t r = task * band; r < end; ++r) f(r * channels, gate + r / pixels * channels);
  });
}

}  // namespace cpu_detail

/// z = x + gate[image, channel] y, for x and y of [batch, pixels, channels].
template <class T>
void gated_add(const Cpu<T>& cpu, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const T* x,
               const T* gate, const T* y, T* z) {
  cpu_detail::each_gated(cpu, batch, pixels, channels, gate, [&](std::int64_t at, const T* g) {
    for (std::int64_t c = 0; c < channels; ++c) z[at + c] = x[at + c] + g[c] * y[at + c];
  });
}

/// Gradients of gated_add besides that by x, which is dz: dy = gate dz, and dgate [batch, channels], the sum of dz y
/// over the pixels.
template <class T>
void gated_add_backward(const Cpu<T>& cpu, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const T* dz,
                        const T* gate, const T* y, T* dy, T* dgate) {
  cpu_detail::each_gated(cpu, batch, pixels, channels, gate, [&](std::int64_t at, const T* g) {
    for (std::int64_t c = 0; c < channels; ++c) dy[at + c] = g[c] * dz[at + c];
  });
  cpu_detail::sum_pixel_blocks(cpu, batch, pixels, channels, dgate, [&](auto at, auto left) -> cpu_detail::Numbers<T> {
    return cpu_detail::load_block(dz + at, left) * cpu_detail::load_block(y + at, left);
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
