#pragma once
#include <cstdint>

#include <hush/host_device.hpp>

namespace hush {

/// A bfloat16 number: the upper half of a float, 8 bits of precision, the range of a float. Arithmetic is done in
/// float; the conversion back rounds to the nearest, ties to even, and keeps NaN and infinities.
struct bf16 {
  std::uint16_t bits;

  bf16() = default;
  HUSH_HOST_DEVICE constexpr bf16(float value) : bits(rounded(__builtin_bit_cast(std::uint32_t, value))) {}
  HUSH_HOST_DEVICE constexpr operator float() const { return __builtin_bit_cast(float, std::uint32_t(bits) << 16); }

 private:
  static HUSH_HOST_DEVICE constexpr std::uint16_t rounded(std::uint32_t word) {
    if ((word & 0x7fffffffu) > 0x7f800000u) return std::uint16_t(word >> 16 | 0x40u);  // NaN stays NaN, and quiet
    return std::uint16_t((word + 0x7fffu + (word >> 16 & 1u)) >> 16);
  }
};
static_assert(sizeof(bf16) == 2);

/// Floats whose matrix products may be taken in TF32 (10 bits of mantissa): a tag, never a number.
struct tf32 {};

}  // namespace hush
