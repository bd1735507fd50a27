#pragma once
// The only header that names Eigen's packet types, which are internal to Eigen (written against 3.4).
// Some compilers warn of undefined registers in their own intrinsics.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"  // for g++, which does not know the next one; clang does not know the last
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <Eigen/Core>
#pragma GCC diagnostic pop
#include <cstdint>
#include <utility>

#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {
namespace simd {

/// A vector register of T, of the width that the compiler's target options allow.
template <class T>
using Packet = typename Eigen::internal::packet_traits<T>::type;
/// Numbers in a packet.
template <class T>
inline constexpr std::int64_t packet_size = Eigen::internal::unpacket_traits<Packet<T>>::size;
/// Vector registers of the machine.
inline constexpr int packet_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;

template <class T>
Packet<T> load(const T* p) {
  return Eigen::internal::ploadu<Packet<T>>(p);
}
template <class T>
void store(T* p, const Packet<T>& x) {
  Eigen::internal::pstoreu(p, x);
}
/// All numbers of the packet are x.
template <class T>
Packet<T> broadcast(T x) {
  return Eigen::internal::pset1<Packet<T>>(x);
}
/// a b + c, rounded once where the machine can.
template <class T>
Packet<T> multiply_add(const Packet<T>& a, const Packet<T>& b, const Packet<T>& c) {
  return Eigen::internal::pmadd(a, b, c);
}
template <class T>
Packet<T> add(const Packet<T>& a, const Packet<T>& b) {
  return Eigen::internal::padd(a, b);
}
template <class T>
Packet<T> subtract(const Packet<T>& a, const Packet<T>& b) {
  return Eigen::internal::psub(a, b);
}
template <class T>
Packet<T> multiply(const Packet<T>& a, const Packet<T>& b) {
  return Eigen::internal::pmul(a, b);
}
template <class T>
Packet<T> maximum(const Packet<T>& a, const Packet<T>& b) {
  return Eigen::internal::pmax(a, b);
}
template <class T>
Packet<T> minimum(const Packet<T>& a, const Packet<T>& b) {
  return Eigen::internal::pmin(a, b);
}
template <class T>
Packet<T> exponential(const Packet<T>& x) {
  return Eigen::internal::pexp(x);
}
/// The sum, or the greatest, of a packet's numbers.
template <class T>
T sum(const Packet<T>& x) {
  return Eigen::internal::predux(x);
}
template <class T>
T greatest(const Packet<T>& x) {
  return Eigen::internal::predux_max(x);
}

// For machines with HUSH_CPU_HAS_LANES; elsewhere these are never instantiated.

/// The 64-bit products of the lower halves, without sign, of vectors of long long.
template <class V>
V products(const V& a, const V& b) {
  if constexpr (sizeof(V) == 64)
    return _mm512_mul_epu32(a, b);
  else
    return _mm256_mul_epu32(a, b);
}
/// out = a0 b0 a1 b1, a4 b4 a5 b5, ... and then a2 b2 a3 b3, a6 b6 a7 b7, ...
template <class V>
void store_interleaved(const V& a, const V& b, float* out) {
  if constexpr (sizeof(V) == 64) {
    store<float>(out, _mm512_unpacklo_ps(a, b));
    store<float>(out + 16, _mm512_unpackhi_ps(a, b));
  } else {
    store<float>(out, _mm256_unpacklo_ps(a, b));
    store<float>(out + 8, _mm256_unpackhi_ps(a, b));
  }
}

/// f(0), ..., f(count - 1), written out: where f is always inlined, its indices are constants and small arrays of
/// packets stay in registers.
template <int count, class F>
[[gnu::always_inline]] inline void unrolled(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) { (f(i), ...); }
  (std::make_integer_sequence<int, count>());
}

// A vector type's attributes do not count in a template's name, which g++ says of every one.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
/// to[j, i] = from[i, j] for i < rows, j < columns; `from_line` and `to_line` are the distances between rows.
template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* from, std::int64_t from_line, T* to,
               std::int64_t to_line) {
  constexpr std::int64_t size = packet_size<T>;
  std::int64_t i = 0;
  if constexpr (size > 1) {
    for (; i + size <= rows; i += size) {
      std::int64_t j = 0;
      for (; j + size <= columns; j += size) {
        Eigen::internal::PacketBlock<Packet<T>, int(size)> block;
        for (std::int64_t r = 0; r < size; ++r) block.packet[r] = load<T>(from + (i + r) * from_line + j);
        Eigen::internal::ptranspose(block);
        for (std::int64_t r = 0; r < size; ++r) store<T>(to + (j + r) * to_line + i, block.packet[r]);
      }
      for (; j < columns; ++j)
        for (std::int64_t r = 0; r < size; ++r) to[j * to_line + i + r] = from[(i + r) * from_line + j];
    }
  }
  for (; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) to[j * to_line + i] = from[i * from_line + j];
}
#pragma GCC diagnostic pop

}  // namespace simd
}  // namespace HUSH_CPU_ABI
}  // namespace hush
