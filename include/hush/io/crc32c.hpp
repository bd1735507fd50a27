#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace hush::io {

namespace detail {

/// The CRC-32C table: the remainder of each byte.
constexpr std::array<std::uint32_t, 256> crc32c_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0x82F63B78u : 0);
    table[byte] = value;
  }
  return table;
}

}  // namespace detail

/// CRC-32C (Castagnoli's polynomial, RFC 3720 appendix B.4), which event files use; zlib's CRC-32 is another one.
constexpr std::uint32_t crc32c(std::string_view bytes) {
  constexpr auto table = detail::crc32c_table();
  std::uint32_t value = ~0u;
  for (const char byte : bytes) value = value >> 8 ^ table[(value ^ static_cast<unsigned char>(byte)) & 255];
  return ~value;
}
static_assert(crc32c("123456789") == 0xE3069283u);

/// The masked form in which a CRC is stored beside its data: rotated, plus a constant, because a CRC of data that
/// contains its own CRCs is weak. Source: TensorFlow, core/lib/hash/crc32c.h.
constexpr std::uint32_t masked(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8u; }

}  // namespace hush::io
