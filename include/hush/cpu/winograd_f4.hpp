#pragma once
#include <hush/cpu/winograd_tile.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The transforms of F(4 x 4, 3 x 3): of U = G g G^T and V = B^T d B, 6 x 6 each, A^T (U * V) A are 4 x 4 pixels. The
/// points of the polynomials, in this order, are 0, infinity, a, -a, b and -b with a = 2/3, b = 3/2: in floats they err
/// less than half as much as 1 and 2 for a and b, and a b = 1 saves multiplications.
template <class T>
class WinogradF4 {
  using Packet = simd::Packet<T>;

 public:
  using scalar = T;
  static constexpr std::int64_t pixels = 4, extent = 6, numbers = extent * extent;
  static constexpr int parts = 1;                // the products of a tile of registers fit a second-level cache
  static constexpr std::int64_t kept = 0;        // numbers of a tile from one part to the next
  static constexpr std::int64_t with_bias = -1;  // no product reaches each of the pixels once

  /// V of 6 x 6 pixels d, each of `channels` numbers, a packet at least. The results lie `matrix` numbers apart.
  static void input(int /*part*/, std::int64_t channels, const T* const* d, T* to, std::int64_t matrix) {
    for (std::int64_t i = 0; i < channels; i += simd::packet_size<T>) {
      const std::int64_t c =
          std::min(i, channels - simd::packet_size<T>);  // the last may repeat some of the one before
      Packet lines[2][6];                                // two lines of B^T d at a time stay in registers
      simd::unrolled<3>([&](int k) __attribute__((always_inline)) {
        simd::unrolled<6>([&](int u) __attribute__((always_inline)) {
          const auto at = [&](int v) __attribute__((always_inline)) { return simd::load<T>(d[6 * v + u] + c); };
          if (k == 0)
            ends(at(0), at(1), at(2), at(3), at(4), at(5), lines[0][u], lines[1][u]);
          else
            pair(k, at(1), at(2), at(3), at(4), lines[0][u], lines[1][u]);
        });
        simd::unrolled<2>([&](int v) __attribute__((always_inline)) {
          const Packet(&line)[6] = lines[v];
          Packet all[6];
          ends(line[0], line[1], line[2], line[3], line[4], line[5], all[0], all[1]);
          pair(1, line[1], line[2], line[3], line[4], all[2], all[3]);
          pair(2, line[1], line[2], line[3], line[4], all[4], all[5]);
          store_line(all, to + (12 * k + 6 * v) * matrix + c, matrix);
        });
      });
    }
  }

  /// U of `count` kernels; `count` is a multiple of the packet.
  static void weights(std::int64_t count, const WinogradTaps<T>& taps, T* to, std::int64_t matrix) {
    for (std::int64_t i = 0; i < count; i += simd::packet_size<T>) {
      Packet columns[3][6];
      simd::unrolled<3>([&](int u) __attribute__((always_inline)) {
        const T* tap = taps.at + u * taps.apart + i;
        evaluate(simd::load<T>(tap), simd::load<T>(tap + 3 * taps.apart), simd::load<T>(tap + 6 * taps.apart),
                 columns[u]);
      });
      simd::unrolled<6>([&](int v) __attribute__((always_inline)) {
        Packet line[6];
        evaluate(columns[0][v], columns[1][v], columns[2][v], line);
        store_line(line, to + 6 * v * matrix + i, matrix);
      });
    }
  }

  /// The pixels, of the products, which lie `step` numbers apart, and the bias.
  static void result(const T* products, std::int64_t step, const T* /*sums*/, std::int64_t /*apart*/, const T* bias,
                     Packet (&y)[4][4]) {
    Packet columns[6][4];
    simd::unrolled<6>([&](int u) __attribute__((always_inline)) {
      Packet column[6];
      simd::unrolled<6>([&](int v) __attribute__((always_inline)) {
        column[v] = simd::load<T>(products + (6 * v + u) * step);
      });
      fold(column, columns[u]);
    });
    const Packet everywhere = simd::load<T>(bias);
    simd::unrolled<4>([&](int v) __attribute__((always_inline)) {
      Packet line[6];
      simd::unrolled<6>([&](int u) __attribute__((always_inline)) { line[u] = columns[u][v]; });
      fold(line, y[v]);
      for (Packet& pixel : y[v]) pixel = simd::add<T>(pixel, everywhere);
    });
  }

 private:
  static constexpr T a = T(2) / 3, b = T(3) / 2;

  [[gnu::always_inline]] static inline Packet times(T factor, const Packet& x) {
    return simd::multiply<T>(simd::broadcast<T>(factor), x);
  }
  /// factor x + y
  [[gnu::always_inline]] static inline Packet plus(T factor, const Packet& x, const Packet& y) {
    return simd::multiply_add<T>(simd::broadcast<T>(factor), x, y);
  }
  [[gnu::always_inline]] static inline void store_line(const Packet (&line)[6], T* to, std::int64_t matrix) {
    simd::unrolled<6>([&](int u) __attribute__((always_inline)) { simd::store<T>(to + u * matrix, line[u]); });
  }
  /// The numbers of B^T d at 0 and at infinity.
  [[gnu::always_inline]] static inline void ends(const Packet& d0, const Packet& d1, const Packet& d2, const Packet& d3,
                                                 const Packet& d4, const Packet& d5, Packet& zero, Packet& infinity) {
    zero = plus(-(a * a + b * b), d2, simd::add<T>(d0, d4));
    infinity = plus(-(a * a + b * b), d3, simd::add<T>(d1, d5));
  }
  /// The numbers of B^T d at a and -a if k is 1, at b and -b if it is 2.
  [[gnu::always_inline]] static inline void pair(int k, const Packet& d1, const Packet& d2, const Packet& d3,
                                                 const Packet& d4, Packet& positive, Packet& negative) {
    const T point = k == 1 ? a : b, other = k == 1 ? b : a;
    const Packet even = plus(-other * other, d2, d4), odd = times(point, plus(-other * other, d1, d3));
    positive = simd::add<T>(even, odd);
    negative = simd::subtract<T>(even, odd);
  }
  /// G g
  [[gnu::always_inline]] static inline void evaluate(const Packet& g0, const Packet& g1, const Packet& g2,
                                                     Packet (&to)[6]) {
    to[0] = g0;
    to[1] = g2;
    simd::unrolled<2>([&](int k) __attribute__((always_inline)) {
      const T point = k == 0 ? a : b, other = k == 0 ? b : a;
      const T factor = 1 / (2 * point * point * (point * point - other * other));
      const Packet even = times(factor, plus(point * point, g2, g0)), odd = times(factor * point, g1);
      to[2 + 2 * k] = simd::add<T>(even, odd);
      to[3 + 2 * k] = simd::subtract<T>(even, odd);
    });
  }
  /// A^T s
  [[gnu::always_inline]] static inline void fold(const Packet (&s)[6], Packet (&to)[4]) {
    const Packet even_a = simd::add<T>(s[2], s[3]), odd_a = simd::subtract<T>(s[2], s[3]);
    const Packet even_b = simd::add<T>(s[4], s[5]), odd_b = simd::subtract<T>(s[4], s[5]);
    to[0] = simd::add<T>(simd::add<T>(s[0], even_a), even_b);
    to[1] = plus(a, odd_a, times(b, odd_b));
    to[2] = plus(a * a, even_a, times(b * b, even_b));
    to[3] = plus(a * a * a, odd_a, plus(b * b * b, odd_b, s[1]));
  }
};

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
