#pragma once
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace hush::io {

/// Incremental CRC-32 (zlib's, ISO 3309). It detects every change within 32 neighbouring bits, so any one flipped byte;
/// against accidents, not forgery.
struct Crc32 {
  std::uint32_t value = 0;
  void add(std::span<const std::byte> bytes) {
    if (!bytes.empty())
      value = std::uint32_t(::crc32_z(value, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
  }
};

inline std::uint32_t crc32(std::span<const std::byte> bytes) {
  Crc32 sum;
  sum.add(bytes);
  return sum.value;
}

/// Eight lower-case hexadecimal digits.
inline std::string hexadecimal(std::uint32_t value) {
  std::string digits(8, '0');
  for (int i = 7; i >= 0; --i, value >>= 4) digits[std::size_t(i)] = "0123456789abcdef"[value & 15];
  return digits;
}

}  // namespace hush::io
