#pragma once
#include <memory>

#include <hush/cpu/tile.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The position of a tile of pixels among those of all images in a row; `advance` goes to the next.
struct WinogradPlace {
  std::int64_t high, wide;  // tiles of an image
  std::int64_t image, y, x;
  WinogradPlace(std::int64_t tiles_high, std::int64_t tiles_wide, std::int64_t tile)
      : high(tiles_high), wide(tiles_wide), image(tile / (high * wide)), y(tile / wide % high), x(tile % wide) {}
  void advance() {
    if (++x < wide) return;
    x = 0;
    if (++y < high) return;
    y = 0;
    ++image;
  }
};

/// Where the pixels of a square begin whose corner is pixel (top, left) of an image [height, width, channels]; `zeros`
/// for those outside of it.
template <int extent, class T>
void square(const T* image, std::int64_t height, std::int64_t width, std::int64_t channels, std::int64_t top,
            std::int64_t left, const T* zeros, const T** to) {
  if (top >= 0 && left >= 0 && top + extent <= height && left + extent <= width) {
    const T* corner = image + (top * width + left) * channels;
    for (std::int64_t i = 0; i < extent * extent; ++i) to[i] = corner + (i / extent * width + i % extent) * channels;
    return;
  }
  for (std::int64_t i = 0; i < extent * extent; ++i) {
    const std::int64_t v = top + i / extent, u = left + i % extent;
    const bool inside = v >= 0 && v < height && u >= 0 && u < width;
    to[i] = inside ? image + (v * width + u) * channels : zeros;
  }
}

/// Where the nine taps of kernels lie, and what owns them if they were gathered for the call.
template <class T>
struct WinogradTaps {
  const T* at;
  std::int64_t apart;
  std::shared_ptr<T[]> room;
};

/// The micro-kernel: c[r] = start + sum over k of a[r * line + k] times row k of the panel b; the rows of c are
/// Tile<T>::columns apart. The order of additions is that of k for any number of rows.
template <class T, int rows, int packets>
void winograd_product(std::int64_t depth, const T* a, std::int64_t line, const T* b, const T* start, T* c) {
  constexpr std::int64_t width = Tile<T>::columns, size = simd::packet_size<T>;
  using simd::unrolled;
  simd::Packet<T> sums[rows][packets];
  unrolled<rows>([&](int r) __attribute__((always_inline)) {
    unrolled<packets>([&](int j) __attribute__((always_inline)) { sums[r][j] = simd::load<T>(start + j * size); });
  });
  const T* row[rows];
  unrolled<rows>([&](int r) __attribute__((always_inline)) { row[r] = a + r * line; });
  std::int64_t k = 0;
  for (; k + 4 <= depth; k += 4, b += 4 * width)
    unrolled<4>([&](int i) __attribute__((always_inline)) {
      multiply_step<T, rows, packets>(row, k + i, b + i * width, sums);
    });
  for (; k < depth; ++k, b += width) multiply_step<T, rows, packets>(row, k, b, sums);
  unrolled<rows>([&](int r) __attribute__((always_inline)) {
    unrolled<packets>([&](int j)
                          __attribute__((always_inline)) { simd::store<T>(c + r * width + j * size, sums[r][j]); });
  });
}

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
