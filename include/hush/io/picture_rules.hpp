#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <hush/errors.hpp>
#include <hush/warning.hpp>

namespace hush::io::detail {

/// The longest side of a picture that is read. A longer one is mostly a damaged header, and its memory would be
/// allocated before that shows.
constexpr std::size_t picture_side = 16384;

/// Throws FileError for a picture of no or too many pixels; `at` is the offset of its size in the file.
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

/// Warns about a picture once for each folder, as a data set may hold thousands of its kind.
inline void warn_once_a_folder(std::string_view kind, const std::filesystem::path& file, const std::string& text) {
  const auto folder = std::hash<std::string>{}(file.parent_path().string());
  warn_once(kind, double(folder), [&] { return to_text(file.string(), ": ", text); });
}

}  // namespace hush::io::detail
