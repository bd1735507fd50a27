#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <hush/images.hpp>

namespace hush::io {

namespace detail {

/// The number of `bytes` bytes at offset `at`, which must be inside.
inline std::uint32_t exif_number(std::string_view exif, std::size_t at, std::size_t bytes, bool little) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value = value << 8 | static_cast<unsigned char>(exif[at + (little ? bytes - 1 - i : i)]);
  return value;
}

/// The tag Orientation of EXIF data: 1 to 8, 1 for other values; 0 where there is none, or the data are damaged.
inline int exif_states(std::string_view exif) {
  using namespace std::literals;
  while (exif.starts_with("Exif\0\0"sv)) exif.remove_prefix(6);
  if (exif.size() < 10) return 0;
  const bool little = exif.starts_with("II");
  if (!little && !exif.starts_with("MM")) return 0;
  const auto number = [&](std::size_t at, std::size_t bytes) { return exif_number(exif, at, bytes, little); };
  if (const auto version = number(2, 2); version != 42 && version != 42 << 8)
    return 0;  // some turn it, Pillow reads it
  const std::size_t first = number(4, 4);
  if (first > exif.size() - 2) return 0;
  for (std::size_t entry = first + 2, left = number(first, 2); left > 0 && exif.size() - entry >= 12;
       entry += 12, --left) {
    if (number(entry, 2) != 0x0112) continue;
    const auto type = number(entry + 2, 2), count = number(entry + 4, 4);
    const std::size_t bytes = type == 3 || type == 8 ? 2 : type == 4 || type == 9 ? 4 : 0;  // with and without a sign
    if (bytes == 0 || count == 0) return 1;
    const std::size_t at = count <= 4 / bytes ? entry + 8 : number(entry + 8, 4);  // of several the first counts
    if (at > exif.size() - bytes) return 0;
    const auto orientation = number(at, bytes);
    return orientation >= 2 && orientation <= 8 ? int(orientation) : 1;
  }
  return 0;
}

/// The segments APP1 of a JPEG file, which stand before its pixels: EXIF, XMP.
inline std::vector<std::string_view> app1_segments(std::string_view file) {
  std::vector<std::string_view> found;
  for (std::size_t at = 2; at < file.size();) {
    at = file.find_first_not_of('\xff', file.find('\xff', at));  // as libjpeg passes over what stands between markers
    if (at == file.npos || file.size() - at < 3) break;
    const auto marker = static_cast<unsigned char>(file[at++]);
    if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd8)) continue;  // no segment
    if (marker == 0xd9 || marker == 0xda) break;                      // the end, or the pixels
    const std::size_t length = detail::exif_number(file, at, 2, false);
    if (length < 2 || length > file.size() - at) break;
    if (marker == 0xe1) found.push_back(file.substr(at + 2, length - 2));
    at += length;
  }
  return found;
}

}  // namespace detail

/// The tag Orientation of EXIF data (a TIFF header and its tags, of either byte order): 1 (as stored) to 8; `upright`
/// applies it. Damaged data and other values give 1.
inline int exif_orientation(std::string_view exif) {
  const int stated = detail::exif_states(exif);
  return stated == 0 ? 1 : stated;
}

/// The EXIF of a JPEG file; empty where there is none.
inline std::string_view jpeg_exif(std::string_view file) {
  using namespace std::literals;
  for (const std::string_view segment : detail::app1_segments(file))
    if (segment.starts_with("Exif\0\0"sv)) return segment;
  return {};
}

/// A picture turned and mirrored as its orientation (1 to 8) says, as PIL's exif_transpose does; from 5 on height and
/// width change places.
inline Images<std::uint8_t> upright(Images<std::uint8_t> stored, int orientation) {
  check(orientation >= 1 && orientation <= 8, "upright", "an orientation is 1 to 8, got ", orientation);
  check_filled("upright", stored);
  if (orientation == 1) return stored;
  const bool swapped = orientation >= 5;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const auto height = stored.height, width = stored.width, channels = stored.channels;
  Images<std::uint8_t> out(stored.count, swapped ? width : height, swapped ? height : width, channels);
  // strides in the old picture, in values, of a step down and a step to the right in the new one
  const auto row = (from_below ? -1 : 1) * width * channels, column = (from_right ? -1 : 1) * channels;
  const auto down = swapped ? column : row, right = swapped ? row : column;
  for (std::int64_t i = 0; i < stored.count; ++i) {
    const auto begin = (from_below ? (height - 1) * width * channels : 0) + (from_right ? (width - 1) * channels : 0);
    auto* to = out[i].data();
    for (std::int64_t y = 0; y < out.height; ++y)
      for (std::int64_t x = 0; x < out.width; ++x) {
        const auto* from = stored[i].data() + begin + y * down + x * right;
        for (std::int64_t c = 0; c < channels; ++c) *to++ = from[c];
      }
  }
  return out;
}

}  // namespace hush::io
