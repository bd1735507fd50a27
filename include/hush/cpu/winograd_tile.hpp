#pragma once
#include <hush/cpu/tile.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The position of a tile of 2 x 2 pixels among those of all images in a row; `advance` goes to the next.
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

/// Two lines of V = B^T d B for 4 x 4 pixels d. Lines 0 and 1 of B^T d are x - z and z + y of its lines x, y, z = 0, 1,
/// 2; lines 2 and 3 are x - z and z - y of the lines 2, 3, 1: `sign` is that of y. Each pixel has `channels` numbers, a
/// packet at least. The eight results lie `matrix` numbers apart.
template <class T>
void winograd_input(std::int64_t channels, const T* const* x, const T* const* y, const T* const* z, T sign, T* to,
                    std::int64_t matrix) {
  using simd::add, simd::load, simd::store, simd::subtract;
  const auto factor = simd::broadcast<T>(sign);
  for (std::int64_t i = 0; i < channels; i += simd::packet_size<T>) {
    const std::int64_t c = std::min(i, channels - simd::packet_size<T>);  // the last may repeat some of the one before
    simd::Packet<T> d[2][4];
    simd::unrolled<4>([&](int u) __attribute__((always_inline)) {
      const auto last = load<T>(z[u] + c);
      d[0][u] = subtract<T>(load<T>(x[u] + c), last);
      d[1][u] = simd::multiply_add<T>(factor, load<T>(y[u] + c), last);
    });
    simd::unrolled<2>([&](int v) __attribute__((always_inline)) {
      T* line = to + 4 * v * matrix + c;
      store<T>(line, subtract<T>(d[v][0], d[v][2]));
      store<T>(line + matrix, add<T>(d[v][1], d[v][2]));
      store<T>(line + 2 * matrix, subtract<T>(d[v][2], d[v][1]));
      store<T>(line + 3 * matrix, subtract<T>(d[v][1], d[v][3]));
    });
  }
}

/// Where the nine taps of kernels lie.
template <class T>
struct WinogradTaps {
  const T* at;
  std::int64_t apart;
};

/// U = G g G^T of `count` kernels g; `count` is a multiple of the packet.
template <class T>
void winograd_weights(std::int64_t count, const WinogradTaps<T>& taps, T* to, std::int64_t matrix) {
  using simd::add, simd::load, simd::multiply, simd::store, simd::subtract;
  const auto half = simd::broadcast<T>(T(0.5));
  for (std::int64_t i = 0; i < count; i += simd::packet_size<T>) {
    simd::Packet<T> g[4][3];
    simd::unrolled<3>([&](int u) __attribute__((always_inline)) {
      const T* tap = taps.at + u * taps.apart + i;
      g[0][u] = load<T>(tap);
      g[3][u] = load<T>(tap + 6 * taps.apart);
      const auto outer = multiply<T>(half, add<T>(g[0][u], g[3][u]));
      const auto middle = multiply<T>(half, load<T>(tap + 3 * taps.apart));
      g[1][u] = add<T>(outer, middle);
      g[2][u] = subtract<T>(outer, middle);
    });
    simd::unrolled<4>([&](int v) __attribute__((always_inline)) {
      T* line = to + 4 * v * matrix + i;
      const auto outer = multiply<T>(half, add<T>(g[v][0], g[v][2])), middle = multiply<T>(half, g[v][1]);
      store<T>(line, g[v][0]);
      store<T>(line + matrix, add<T>(outer, middle));
      store<T>(line + 2 * matrix, subtract<T>(outer, middle));
      store<T>(line + 3 * matrix, g[v][2]);
    });
  }
}

/// H g H^T of 2 x 2 pixels g, where H g = g0, g0 + g1, g0 - g1, g1. Each pixel has `channels` numbers, a packet at
/// least. The 16 results lie `matrix` numbers apart.
template <class T>
void winograd_gradient(std::int64_t channels, const T* const* from, T* to, std::int64_t matrix) {
  using simd::add, simd::load, simd::store, simd::subtract;
  for (std::int64_t i = 0; i < channels; i += simd::packet_size<T>) {
    const std::int64_t c = std::min(i, channels - simd::packet_size<T>);  // the last may repeat some of the one before
    simd::Packet<T> g[4][2];
    simd::unrolled<2>([&](int u) __attribute__((always_inline)) {
      g[0][u] = load<T>(from[u] + c);
      g[3][u] = load<T>(from[2 + u] + c);
      g[1][u] = add<T>(g[0][u], g[3][u]);
      g[2][u] = subtract<T>(g[0][u], g[3][u]);
    });
    simd::unrolled<4>([&](int v) __attribute__((always_inline)) {
      T* line = to + 4 * v * matrix + c;
      store<T>(line, g[v][0]);
      store<T>(line + matrix, add<T>(g[v][0], g[v][1]));
      store<T>(line + 2 * matrix, subtract<T>(g[v][0], g[v][1]));
      store<T>(line + 3 * matrix, g[v][1]);
    });
  }
}

/// C^T s C of 4 x 4 packets of sums s, which lie `matrix` numbers apart: 3 x 3 packets, where C^T s = s0 + (s1 + s2) /
/// 2, (s1 - s2) / 2, (s1 + s2) / 2 - s3.
template <class T>
void winograd_taps(const T* from, std::int64_t matrix, simd::Packet<T> (&taps)[3][3]) {
  using simd::add, simd::load, simd::multiply, simd::subtract;
  const auto half = simd::broadcast<T>(T(0.5));
  const auto fold = [half](const auto& a, const auto& b, const auto& c, const auto& d, auto&& to)
      __attribute__((always_inline)) {
    const auto even = multiply<T>(half, add<T>(b, c));
    to(0, add<T>(a, even));
    to(1, multiply<T>(half, subtract<T>(b, c)));
    to(2, subtract<T>(even, d));
  };
  simd::Packet<T> lines[3][4];
  simd::unrolled<4>([&](int u) __attribute__((always_inline)) {
    const T* at = from + u * matrix;
    fold(
        load<T>(at), load<T>(at + 4 * matrix), load<T>(at + 8 * matrix),
        load<T>(at + 12 * matrix), [&](int v, const simd::Packet<T>& x) __attribute__((always_inline)) {
          lines[v][u] = x;
        });
  });
  simd::unrolled<3>([&](int v) __attribute__((always_inline)) {
    fold(
        lines[v][0], lines[v][1], lines[v][2],
        lines[v][3], [&](int u, const simd::Packet<T>& x) __attribute__((always_inline)) { taps[v][u] = x; });
  });
}

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

/// (M A) of a line M of four products, `step` numbers apart.
template <class T>
struct WinogradPair {
  simd::Packet<T> first, second;
  WinogradPair(const T* from, std::int64_t step) {
    using simd::add, simd::load, simd::subtract;
    const auto b = load<T>(from + step), c = load<T>(from + 2 * step);
    first = add<T>(add<T>(load<T>(from), b), c);
    second = subtract<T>(subtract<T>(b, c), load<T>(from + 3 * step));
  }
};

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
