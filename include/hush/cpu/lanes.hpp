#pragma once
#include <cstdint>

#include <hush/cpu/packet.hpp>

// Packets with the operators of one number, so that code written for a number works on them too. For machines with
// HUSH_CPU_HAS_LANES; elsewhere they are never instantiated.
namespace hush {
inline namespace HUSH_CPU_ABI {
namespace simd {

/// The compiler's vector types of 32 and 64 bytes, written out because g++ ignores a vector_size that depends on a
/// template argument.
template <int bytes>
struct Vectors;
template <>
struct Vectors<32> {
  using Floats [[gnu::vector_size(32)]] = float;
  using Signed [[gnu::vector_size(32)]] = std::int32_t;
  using Words [[gnu::vector_size(32)]] = std::uint32_t;
  using Wide [[gnu::vector_size(32)]] = std::uint64_t;
  using SignedWide [[gnu::vector_size(32)]] = long long;
};
template <>
struct Vectors<64> {
  using Floats [[gnu::vector_size(64)]] = float;
  using Signed [[gnu::vector_size(64)]] = std::int32_t;
  using Words [[gnu::vector_size(64)]] = std::uint32_t;
  using Wide [[gnu::vector_size(64)]] = std::uint64_t;
  using SignedWide [[gnu::vector_size(64)]] = long long;
};

template <int bytes>
struct FloatLanes;

/// A vector of 32-bit words.
template <int bytes>
struct WordLanes {
  using Vector = typename Vectors<bytes>::Words;
  using Signed = typename Vectors<bytes>::Signed;
  Vector v;

  WordLanes(const Vector& lanes) : v(lanes) {}
  WordLanes(std::uint32_t same) : v(Vector{} + same) {}
  friend WordLanes operator+(WordLanes a, WordLanes b) { return a.v + b.v; }
  friend WordLanes operator-(WordLanes a, WordLanes b) { return a.v - b.v; }
  friend WordLanes operator*(WordLanes a, WordLanes b) { return a.v * b.v; }
  friend WordLanes operator&(WordLanes a, WordLanes b) { return a.v & b.v; }
  friend WordLanes operator|(WordLanes a, WordLanes b) { return a.v | b.v; }
  friend WordLanes operator^(WordLanes a, WordLanes b) { return a.v ^ b.v; }
  friend WordLanes operator~(WordLanes a) { return ~a.v; }
  friend WordLanes operator<<(WordLanes a, int bits) { return a.v << bits; }
  friend WordLanes operator>>(WordLanes a, int bits) { return a.v >> bits; }

  friend WordLanes exponent_of(WordLanes a) { return __builtin_bit_cast(Vector, a.as_signed() >> 23); }
  friend FloatLanes<bytes> as_float(WordLanes a) { return __builtin_bit_cast(typename FloatLanes<bytes>::Vector, a.v); }
  friend FloatLanes<bytes> to_float(WordLanes a) {
    return __builtin_convertvector(a.as_signed(), typename FloatLanes<bytes>::Vector);
  }

 private:
  Signed as_signed() const { return __builtin_bit_cast(Signed, v); }
};

/// A vector of floats.
template <int bytes>
struct FloatLanes {
  using Vector = typename Vectors<bytes>::Floats;
  Vector v;

  FloatLanes(const Vector& lanes) : v(lanes) {}
  FloatLanes(float same) : v(broadcast(same)) {}
  friend FloatLanes operator-(FloatLanes a, FloatLanes b) { return a.v - b.v; }
  friend FloatLanes operator*(FloatLanes a, FloatLanes b) { return a.v * b.v; }
  friend FloatLanes operator-(FloatLanes a) { return -a.v; }

  friend FloatLanes fused(FloatLanes a, FloatLanes b, FloatLanes c) {
    return Vector(multiply_add<float>(a.v, b.v, c.v));
  }
  friend WordLanes<bytes> as_word(FloatLanes a) { return __builtin_bit_cast(typename WordLanes<bytes>::Vector, a.v); }
};

/// 32-bit words in 64-bit lanes, whose upper halves are ignored: so a lane holds both halves of a product of two words.
template <int bytes>
struct WideLanes {
  static constexpr int size = bytes / 8;
  using Vector = typename Vectors<bytes>::Wide;
  Vector v;

  WideLanes(const Vector& lanes) : v(lanes) {}
  WideLanes(std::uint32_t same = 0) : v(Vector{} + same) {}
  friend WideLanes operator+(WideLanes a, WideLanes b) { return a.v + b.v; }
  friend WideLanes operator^(WideLanes a, WideLanes b) { return a.v ^ b.v; }
  /// The full 64-bit products of two words.
  friend WideLanes product(WideLanes a, WideLanes b) {
    using Signed = typename Vectors<bytes>::SignedWide;
    return __builtin_bit_cast(Vector,
                              products<Signed>(__builtin_bit_cast(Signed, a.v), __builtin_bit_cast(Signed, b.v)));
  }
  friend WideLanes upper(WideLanes a) { return a.v >> 32; }
  /// 32-bit lanes: a, b, a, b, ...
  friend WordLanes<bytes> alternating(WideLanes a, WideLanes b) {
    return __builtin_bit_cast(typename WordLanes<bytes>::Vector, (a.v & 0xffffffffu) | b.v << 32);
  }
};

}  // namespace simd
}  // namespace HUSH_CPU_ABI
}  // namespace hush
