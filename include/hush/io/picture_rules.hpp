#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <hush/errors.hpp>
#include <hush/warning.hpp>

namespace hush::io::detail {

/// The longest side of a picture that is read. What is longer is mostly a damaged header, and memory for it would be
/// asked for before that shows.
constexpr std::size_t picture_side = 16384;

/// Refuses a picture of no or too many pixels. Throws FileError; `at` is the byte where its size stands.
inline void check_picture_size(const char* kind, std::size_t width, std::size_t height,
                               const std::filesystem::path& file, std::size_t at = 0) {
  if (width == 0 || height == 0)
    throw FileError(file, to_text("a ", kind, " of ", width, " x ", height, " pixels: there is nothing in it"), at);
  if (width > picture_side || height > picture_side)
    throw FileError(
        file,
        to_text("a ", kind, " of ", width, " x ", height, " pixels is refused: the longest side that is read ", "is ",
                picture_side, "; make the picture smaller, or cut it, first"),
        at);
}

/// Says something about a picture once for each folder: a data set may hold thousands of its kind.
inline void warn_once_a_folder(std::string_view kind, const std::filesystem::path& file, const std::string& text) {
  const auto folder = std::hash<std::string>{}(file.parent_path().string());
  warn_once(kind, double(folder), [&] { return to_text(file.string(), ": ", text); });
}

}  // namespace hush::io::detail
