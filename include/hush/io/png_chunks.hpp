#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/checksum.hpp>
#include <hush/io/picture_rules.hpp>

namespace hush::io::detail {

/// A chunk of a PNG file.
struct Chunk {
  std::string_view type, data, whole;  // whole: with length and checksum
  std::size_t at;                      // where it starts in the file
};

inline std::uint32_t big_endian(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// Splits a PNG file into its chunks. Up to the end of the pixels each must be complete with a correct CRC, ancillary
/// chunks included. After the pixels, where files are often cut or have other bytes, only complete chunks are listed.
inline std::vector<Chunk> png_chunks(std::string_view file, const std::filesystem::path& path) {
  if (!file.starts_with("\x89PNG\r\n\x1a\n")) throw FileError(path, "is not a PNG file");
  std::vector<Chunk> chunks;
  bool pixels = false;  // whether IDAT has begun
  for (std::size_t at = 8; chunks.empty() || chunks.back().type != "IEND";) {
    const bool whole = file.size() - at >= 12 && big_endian(file.data() + at) <= file.size() - at - 12;
    const bool behind = pixels && (file.size() - at < 8 || file.substr(at + 4, 4) != "IDAT");
    if (!whole && behind) break;
    if (!whole) throw FileError(path, "the PNG file ends too early", at);
    const std::size_t length = big_endian(file.data() + at);
    const auto body = file.substr(at + 4, length + 4);
    const bool right = crc32(std::as_bytes(std::span(body))) == big_endian(file.data() + at + 8 + length);
    if (!right && !behind) throw FileError(path, "the checksum of a PNG chunk is wrong", at);
    pixels |= body.starts_with("IDAT");
    if (right) chunks.push_back({body.substr(0, 4), body.substr(4), file.substr(at, length + 12), at});
    at += length + 12;
  }
  const auto& head = chunks.front();
  if (head.type != "IHDR" || head.data.size() != 13) throw FileError(path, "the PNG file lacks its header", head.at);
  check_picture_size("PNG", big_endian(head.data.data()), big_endian(head.data.data() + 4), path, head.at);
  return chunks;
}

inline std::string png_chunk(std::string_view type, std::string_view data) {
  const auto number = [](std::uint32_t value) {
    return std::string{char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
  };
  const std::string body = to_text(type, data);
  return number(std::uint32_t(data.size())) + body + number(crc32(std::as_bytes(std::span(body))));
}

}  // namespace hush::io::detail
