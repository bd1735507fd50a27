#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>

#include <hush/check.hpp>

namespace hush::io {

/// What a file that cannot be read is instead, by its first bytes, for messages: another format, behind which `wanted`
/// says what is read; or what stands in the place of a file that was not fetched, a pointer of Git LFS or a web page,
/// with the cure. Empty if it is none of those known here.
inline std::string other_format(std::string_view bytes, std::string_view wanted) {
  using namespace std::literals;
  if (bytes.starts_with("version https://git-lfs"))
    return "is a pointer of Git LFS in the place of the file: fetch the file with `git lfs pull`";
  const std::string_view text = bytes.substr(std::min(bytes.size(), bytes.find_first_not_of(" \t\r\n")));
  for (const auto start : {"<!doctype html"sv, "<html"sv})
    if (std::ranges::equal(text.substr(0, start.size()), start, {},
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }))
      return "is a web page (HTML) in the place of the file: download the file itself";
  for (const auto& [start, at, kind] : {std::tuple{"GIF8"sv, std::size_t(0), "GIF"sv},
                                        {"BM"sv, 0, "BMP"sv},
                                        {"WEBP"sv, 8, "WebP"sv},
                                        {"II*\0"sv, 0, "TIFF"sv},
                                        {"MM\0*"sv, 0, "TIFF"sv},
                                        {"ftyphei"sv, 4, "HEIF"sv},
                                        {"ftypavif"sv, 4, "AVIF"sv},
                                        {"\xff\x0a"sv, 0, "JPEG XL"sv},
                                        {"\x89PNG\r\n\x1a\n"sv, 0, "PNG"sv},
                                        {"\xff\xd8\xff"sv, 0, "JPEG"sv},
                                        {"%PDF-"sv, 0, "PDF"sv},
                                        {"GGUF"sv, 0, "GGUF"sv},
                                        {"\x89HDF\r\n\x1a\n"sv, 0, "HDF5"sv},
                                        {"\x93NUMPY"sv, 0, "NumPy"sv},
                                        {"PK\3\4"sv, 0, "ZIP"sv},
                                        {"\x1f\x8b"sv, 0, "gzip"sv}})
    if (bytes.substr(std::min(bytes.size(), at)).starts_with(start)) return to_text("is a ", kind, " file; ", wanted);
  return {};
}

}  // namespace hush::io
