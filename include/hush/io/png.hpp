#pragma once
#include <png.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <hush/images.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/file_ending.hpp>
#include <hush/io/pixels.hpp>
#include <hush/io/png_chunks.hpp>
#include <hush/io/png_reader.hpp>
#include <hush/io/tile.hpp>

namespace hush::io {

/// The text chunks of a PNG file, by key: the program that made it, its seed. Keys are 1 to 79 printable ASCII
/// characters, texts UTF-8.
using PictureText = std::map<std::string, std::string>;

namespace detail {

inline std::string png_text_chunks(const PictureText& text) {
  const auto ascii = [](std::string_view s) { return std::all_of(s.begin(), s.end(), [](char c) { return c > 0; }); };
  std::string chunks;
  for (const auto& [key, value] : text) {
    const auto printable = [](char c) { return c >= ' ' && c < 127; };
    check(!key.empty() && key.size() < 80 && key.front() != ' ' && key.back() != ' ' &&
              std::all_of(key.begin(), key.end(), printable) && value.find('\0') == value.npos,
          "write_png", "a text needs a key of 1 to 79 printable ASCII characters, and no NUL");
    const std::string international(5, '\0');  // end of key; not compressed, its method; no language, no translation
    chunks += ascii(value) ? png_chunk("tEXt", key + '\0' + value) : png_chunk("iTXt", key + international + value);
  }
  return chunks;
}

}  // namespace detail

/// The PNG file of one grey (C = 1) or RGB (C = 3) image.
inline std::string encode_png(const Images<std::uint8_t>& image, const PictureText& text = {}) {
  check(image.count == 1 && (image.channels == 1 || image.channels == 3), "write_png",
        "wants one image with 1 or 3 channels, got ", image.count, " with ", image.channels);
  check_filled("write_png", image);
  check(image.height > 0 && image.width > 0 && image.height <= 65535 && image.width <= 65535, "write_png",
        "cannot write ", image.width, " x ", image.height, " pixels");
  png_image about{};
  about.version = PNG_IMAGE_VERSION;
  about.width = png_uint_32(image.width);
  about.height = png_uint_32(image.height);
  about.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(about);
  std::string file(size, '\0');
  if (!png_image_write_to_memory(&about, file.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw std::runtime_error(to_text("[write_png] libpng: ", about.message));
  file.resize(size);
  constexpr std::size_t after_header = 8 + 25;
  return file.insert(after_header, detail::png_text_chunks(text));
}

/// Writes one grey or RGB image as PNG, whole or not at all. Throws FileError, also for a name with the ending of
/// another kind (.jpg), and std::invalid_argument.
inline void write_png(const std::filesystem::path& file, const Images<std::uint8_t>& image,
                      const PictureText& text = {}, const Disk& disk = {}) {
  check_png_name(file);
  write_file(file, std::string_view(encode_png(image, text)), disk);
}

/// Layout of `write_grid` (see Tiling), and the text chunks of its file.
struct Grid {
  std::int64_t columns = 0, gap = 2, scale = 1;
  PictureText text = {};
  Disk disk = {};
};

/// Writes images, grey or RGB, side by side on white as one PNG. Throws FileError, std::invalid_argument.
inline void write_grid(const std::filesystem::path& file, const Images<std::uint8_t>& images, const Grid& grid = {}) {
  check_png_name(file);
  const auto tiled = tile(images, {grid.columns, grid.gap, grid.scale}, std::uint8_t(255));
  write_png(file, tiled, grid.text, grid.disk);
}
/// Writes images in [-1, 1] as one PNG; values outside are clamped, but NaN and pixels of 0..255 are refused, see
/// `check_shown`.
inline void write_grid(const std::filesystem::path& file, const Images<float>& images, const Grid& grid = {}) {
  check_png_name(file);
  check_shown("write_grid", images);
  write_grid(file, to_bytes(images), grid);
}

/// Reads a PNG file as one grey or RGB image of bytes: the stored values as they stand, with neither gamma nor profile,
/// palettes looked up, of 16 bits the upper 8, transparency laid over black; not turned. Refuses sides above 16384 and
/// chunks whose checksum is wrong, but for what stands behind the pixels. Throws FileError.
inline Images<std::uint8_t> read_png(const std::filesystem::path& path) {
  return decode_png(read_file(path, std::uint64_t(1) << 30), path,
                    {.grey = true, .transparency = Transparency::over_black});
}

/// The text chunks of a PNG file; compressed ones are left out. Throws FileError.
inline PictureText read_png_text(const std::filesystem::path& path) {
  const auto bytes = read_file(path, std::uint64_t(1) << 30);
  PictureText text;
  for (const auto& chunk : detail::png_chunks({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path)) {
    const auto end = chunk.data.find('\0');
    if (end == chunk.data.npos) continue;
    const auto key = std::string(chunk.data.substr(0, end));
    if (chunk.type == "tEXt") text[key] = chunk.data.substr(end + 1);
    if (chunk.type != "iTXt" || chunk.data.size() < end + 5 || chunk.data[end + 1] != 0) continue;
    const auto language = chunk.data.find('\0', end + 3);
    const auto translation = language == chunk.data.npos ? language : chunk.data.find('\0', language + 1);
    if (translation != chunk.data.npos) text[key] = chunk.data.substr(translation + 1);
  }
  return text;
}

}  // namespace hush::io
