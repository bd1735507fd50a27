#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cpu/cpu.hpp>
#include <hush/cpu/threads.hpp>
#include <hush/kernels/hybrid_loss.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {
namespace cpu_detail {

/// Calls f(number of [images, pixels, channels], place of F in [images, pixels, 2 channels], numbers of the image) for
/// every number of an image; v lies `channels` behind F.
template <class T, class F>
void each_hybrid(const Cpu<T>& cpu, std::int64_t images, std::int64_t pixels, std::int64_t channels, const T* numbers,
                 const F& f) {
  parallel(cpu, images, [&](std::int64_t image) {
    for (std::int64_t pixel = image * pixels; pixel < (image + 1) * pixels; ++pixel)
      for (std::int64_t c = 0; c < channels; ++c)
        f(pixel * channels + c, 2 * pixel * channels + c, numbers + image * HybridNumbers::size);
  });
}

}  // namespace cpu_detail

/// y [images, pixels, channels] = the hybrid loss of every number (hybrid_term), for f [images, pixels, 2 channels], F
/// first and v behind it, target and x0 like y, and numbers [images, HybridNumbers::size].
template <class T>
void hybrid_loss(const Cpu<T>& cpu, std::int64_t images, std::int64_t pixels, std::int64_t channels, const T* f,
                 const T* target, const T* x0, const T* numbers, T* y) {
  cpu_detail::each_hybrid(cpu, images, pixels, channels, numbers, [=](std::int64_t i, std::int64_t at, const T* row) {
    y[i] = hybrid_term(row, f[at], f[at + channels], target[i], x0[i]).value;
  });
}
/// df = dy[0] factor times the slopes of these by F and v.
template <class T>
void hybrid_loss_backward(const Cpu<T>& cpu, std::int64_t images, std::int64_t pixels, std::int64_t channels,
                          double factor, const T* f, const T* target, const T* x0, const T* numbers, const T* dy,
                          T* df) {
  const T scale = T(factor * double(*dy));
  cpu_detail::each_hybrid(cpu, images, pixels, channels, numbers, [=](std::int64_t i, std::int64_t at, const T* row) {
    const HybridTerm<T> term = hybrid_term(row, f[at], f[at + channels], target[i], x0[i]);
    df[at] = scale * term.by_estimate;
    df[at + channels] = scale * term.by_variance;
  });
}

/// y = z low e^(ratio v), n numbers: noise z times a deviation between low and low e^ratio.
template <class T>
void scale_geometrically(const Cpu<T>& cpu, std::int64_t n, double low, double ratio, const T* v, const T* z, T* y) {
  constexpr std::int64_t part = 4096;
  parallel(cpu, (n + part - 1) / part, [=](std::int64_t task) {
    for (std::int64_t i = task * part; i < n && i < (task + 1) * part; ++i)
      y[i] = z[i] * T(low) * std::exp(T(ratio) * v[i]);
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
