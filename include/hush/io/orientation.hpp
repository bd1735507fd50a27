#pragma once
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hush/io/exif.hpp>
#include <hush/io/png_chunks.hpp>

namespace hush::io {

/// The tiff:Orientation that an XMP packet (XML) states, as an attribute or an element; 0 where it states none.
inline int xmp_orientation(std::string_view xmp) {
  constexpr std::string_view name = "tiff:Orientation";
  for (std::size_t at = xmp.find(name); at != xmp.npos; at = xmp.find(name, at + 1)) {
    std::string_view rest = xmp.substr(at + name.size());
    const std::size_t between = rest.starts_with("=\"") ? 2 : rest.starts_with('>') ? 1 : 0;
    if (between > 0 && rest.size() > between && rest[between] >= '0' && rest[between] <= '9')
      return rest[between] - '0';
  }
  return 0;
}

namespace detail {

constexpr std::size_t png_text_most = std::size_t(1) << 20;  // bytes of an unpacked text, as in PIL

/// Bytes that zlib has packed; empty where they are damaged or more than png_text_most.
inline std::string unpacked_text(std::string_view packed) {
  std::string text(png_text_most, '\0');
  auto size = static_cast<uLongf>(text.size());
  const int result = ::uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                                  reinterpret_cast<const Bytef*>(packed.data()), static_cast<uLong>(packed.size()));
  text.resize(result == Z_OK ? size : 0);
  return text;
}

/// The text of a chunk tEXt, zTXt or iTXt behind its key and what else stands before it; empty where it is damaged.
inline std::string png_text(const Chunk& chunk, std::string_view key) {
  std::string_view rest = chunk.data.substr(key.size() + 1);
  if (chunk.type == "tEXt") return std::string(rest);
  if (chunk.type == "zTXt") return rest.starts_with('\0') ? unpacked_text(rest.substr(1)) : std::string();
  if (rest.size() < 2 || rest[1] != 0) return {};
  const bool packed = rest[0] != 0;
  rest.remove_prefix(2);
  for (int i = 0; i < 2; ++i) {  // a language, and the key in it
    const auto end = rest.find('\0');
    if (end == rest.npos) return {};
    rest.remove_prefix(end + 1);
  }
  return packed ? unpacked_text(rest) : std::string(rest);
}

/// The last text of a PNG file with this key; empty where there is none.
inline std::string png_text(const std::vector<Chunk>& chunks, std::string_view key) {
  std::string text;
  for (const Chunk& chunk : chunks)
    if ((chunk.type == "tEXt" || chunk.type == "zTXt" || chunk.type == "iTXt") && chunk.data.starts_with(key) &&
        chunk.data.size() > key.size() && chunk.data[key.size()] == '\0')
      text = png_text(chunk, key);
  return text;
}

/// The bytes of a raw profile, as ImageMagick writes one into a PNG's text: a line that is empty, one of the name, one
/// of the size, hexadecimal digits. Empty where it is something else.
inline std::string raw_profile(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    if (c == '\n' || c == ' ') continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return {};
    if (high >= 0) bytes += char(high << 4 | digit);
    high = high < 0 ? digit : -1;
  }
  return bytes;
}

/// Of EXIF, else of XMP: 1 to 8.
inline int orientation_of(std::string_view exif, std::string_view xmp) {
  const int stated = exif_states(exif), number = stated == 0 ? xmp_orientation(xmp) : stated;
  return number >= 2 && number <= 8 ? number : 1;
}

}  // namespace detail

/// The orientation of a JPEG file, 1 to 8: that of its EXIF, or where EXIF states none that of its XMP, as PIL's
/// exif_transpose takes it.
inline int jpeg_orientation(std::string_view file) {
  using namespace std::literals;
  constexpr std::string_view head = "http://ns.adobe.com/xap/1.0/\0"sv;
  std::string_view xmp;
  for (const std::string_view segment : detail::app1_segments(file))
    if (segment.starts_with(head)) xmp = segment.substr(head.size());
  return detail::orientation_of(jpeg_exif(file), xmp);
}

/// The orientation of a PNG file that is cut into its chunks, 1 to 8: that of its EXIF (a chunk eXIf, or a text "Raw
/// profile type exif"), or where EXIF states none that of its XMP.
inline int png_orientation(const std::vector<detail::Chunk>& chunks) {
  const auto chunk = std::ranges::find(chunks, "eXIf", &detail::Chunk::type);
  const std::string profile = chunk == chunks.end() ? detail::png_text(chunks, "Raw profile type exif") : "";
  return detail::orientation_of(chunk == chunks.end() ? detail::raw_profile(profile) : std::string(chunk->data),
                                detail::png_text(chunks, "XML:com.adobe.xmp"));
}

}  // namespace hush::io
