#pragma once
#include <hush/cpu/winograd_tile.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The transforms of F(2 x 2, 3 x 3): of U = G g G^T and V = B^T d B, 4 x 4 each, A^T (U * V) A are 2 x 2 pixels. The
/// points of the polynomials are 0, 1, -1 and infinity.
template <class T>
struct WinogradF2 {
  using scalar = T;
  static constexpr std::int64_t pixels = 2, extent = 4, numbers = extent * extent;
  static constexpr int parts = 2;               // of the products, two lines of the 4 x 4 each
  static constexpr std::int64_t kept = 4;       // numbers of a tile from one part to the next
  static constexpr std::int64_t with_bias = 5;  // the product that reaches each of the pixels once

  /// Two lines of V of 4 x 4 pixels d, each of `channels` numbers, a packet at least. Lines 0 and 1 of B^T d are x - z
  /// and z + y of its lines x, y, z = 0, 1, 2; lines 2 and 3 are x - z and z - y of the lines 2, 3, 1. The eight
  /// results lie `matrix` numbers apart.
  static void input(int part, std::int64_t channels, const T* const* d, T* to, std::int64_t matrix) {
    using simd::add, simd::load, simd::store, simd::subtract;
    const T *const *x = d + (part == 0 ? 0 : 8), *const *y = d + (part == 0 ? 4 : 12),
                   *const *z = d + (part == 0 ? 8 : 4);
    const auto factor = simd::broadcast<T>(T(part == 0 ? 1 : -1));
    for (std::int64_t i = 0; i < channels; i += simd::packet_size<T>) {
      const std::int64_t c =
          std::min(i, channels - simd::packet_size<T>);  // the last may repeat some of the one before
      simd::Packet<T> lines[2][4];
      simd::unrolled<4>([&](int u) __attribute__((always_inline)) {
        const auto last = load<T>(z[u] + c);
        lines[0][u] = subtract<T>(load<T>(x[u] + c), last);
        lines[1][u] = simd::multiply_add<T>(factor, load<T>(y[u] + c), last);
      });
      simd::unrolled<2>([&](int v) __attribute__((always_inline)) {
        T* line = to + 4 * v * matrix + c;
        store<T>(line, subtract<T>(lines[v][0], lines[v][2]));
        store<T>(line + matrix, add<T>(lines[v][1], lines[v][2]));
        store<T>(line + 2 * matrix, subtract<T>(lines[v][2], lines[v][1]));
        store<T>(line + 3 * matrix, subtract<T>(lines[v][1], lines[v][3]));
      });
    }
  }

  /// U of `count` kernels; `count` is a multiple of the packet.
  static void weights(std::int64_t count, const WinogradTaps<T>& taps, T* to, std::int64_t matrix) {
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

  /// What the first part's products, `step` numbers apart, leave: packets that lie `apart` numbers apart.
  static void keep(const T* products, std::int64_t step, T* sums, std::int64_t apart) {
    const Pair a(products, step), b(products + 4 * step, step);
    simd::store<T>(sums, simd::add<T>(a.first, b.first));
    simd::store<T>(sums + apart, simd::add<T>(a.second, b.second));
    simd::store<T>(sums + 2 * apart, b.first);
    simd::store<T>(sums + 3 * apart, b.second);
  }
  /// The pixels, of the second part's products and what the first left.
  static void result(const T* products, std::int64_t step, const T* sums, std::int64_t apart, const T* /*bias*/,
                     simd::Packet<T> (&y)[2][2]) {
    using simd::add, simd::load, simd::subtract;
    const Pair a(products, step), b(products + 4 * step, step);
    y[0][0] = add<T>(load<T>(sums), a.first);
    y[0][1] = add<T>(load<T>(sums + apart), a.second);
    y[1][0] = subtract<T>(subtract<T>(load<T>(sums + 2 * apart), a.first), b.first);
    y[1][1] = subtract<T>(subtract<T>(load<T>(sums + 3 * apart), a.second), b.second);
  }

 private:
  /// M A of a line M of four products.
  struct Pair {
    simd::Packet<T> first, second;
    Pair(const T* from, std::int64_t step) {
      using simd::add, simd::load, simd::subtract;
      const auto b = load<T>(from + step), c = load<T>(from + 2 * step);
      first = add<T>(add<T>(load<T>(from), b), c);
      second = subtract<T>(subtract<T>(b, c), load<T>(from + 3 * step));
    }
  };
};

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
