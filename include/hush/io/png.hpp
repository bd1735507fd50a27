#pragma once
#include <png.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <hush/images.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/checksum.hpp>
#include <hush/io/pixels.hpp>
#include <hush/io/tile.hpp>

namespace hush::io {

/// Words that a picture carries (PNG's text chunks): what made it, from which seed. Keys are 1 to 79 printable ASCII
/// characters, texts UTF-8.
using PictureText = std::map<std::string, std::string>;

namespace detail {

constexpr std::size_t png_side = 16384, png_pixels = std::size_t(1) << 28;

struct Chunk {
  std::string_view type, data;
  std::size_t at;  // where it starts in the file
};

inline std::uint32_t big_endian(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// Cuts a PNG file into its chunks. Each checksum is compared, also those that a decoder would pass over, and nothing
/// may follow the end chunk.
inline std::vector<Chunk> png_chunks(std::string_view file, const std::filesystem::path& path) {
  if (!file.starts_with("\x89PNG\r\n\x1a\n")) throw FileError(path, "is not a PNG file");
  std::vector<Chunk> chunks;
  for (std::size_t at = 8; chunks.empty() || chunks.back().type != "IEND";) {
    if (file.size() - at < 12 || big_endian(file.data() + at) > file.size() - at - 12)
      throw FileError(path, "the PNG file ends too early", at);
    const std::size_t length = big_endian(file.data() + at);
    const auto body = file.substr(at + 4, length + 4);
    if (crc32(std::as_bytes(std::span(body))) != big_endian(file.data() + at + 8 + length))
      throw FileError(path, "the checksum of a PNG chunk is wrong", at);
    chunks.push_back({body.substr(0, 4), body.substr(4), at});
    at += length + 12;
    if (chunks.back().type == "IEND" && at != file.size()) throw FileError(path, "bytes follow the end of the PNG", at);
  }
  const auto& head = chunks.front();
  if (head.type != "IHDR" || head.data.size() != 13) throw FileError(path, "the PNG file lacks its header", head.at);
  const std::size_t width = big_endian(head.data.data()), height = big_endian(head.data.data() + 4);
  if (width == 0 || height == 0 || width > png_side || height > png_side || width * height > png_pixels)
    throw FileError(path, words("a PNG of ", width, " x ", height, " pixels is refused"), head.at);
  return chunks;
}

inline std::string png_chunk(std::string_view type, std::string_view data) {
  const auto number = [](std::uint32_t value) {
    return std::string{char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
  };
  const std::string body = words(type, data);
  return number(std::uint32_t(data.size())) + body + number(crc32(std::as_bytes(std::span(body))));
}

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
  check(image.height > 0 && image.width > 0 && image.height <= 65535 && image.width <= 65535, "write_png",
        "cannot write ", image.width, " x ", image.height, " pixels");
  png_image about{};
  about.version = PNG_IMAGE_VERSION;
  about.width = png_uint_32(image.width), about.height = png_uint_32(image.height);
  about.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(about);
  std::string file(size, '\0');
  if (!png_image_write_to_memory(&about, file.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw std::runtime_error(words("[write_png] libpng: ", about.message));
  file.resize(size);
  constexpr std::size_t after_header = 8 + 25;
  return file.insert(after_header, detail::png_text_chunks(text));
}

/// Writes one grey or RGB image as PNG, whole or not at all. Throws FileError, std::invalid_argument.
inline void write_png(const std::filesystem::path& file, const Images<std::uint8_t>& image,
                      const PictureText& text = {}, const Disk& disk = {}) {
  write_file(file, std::string_view(encode_png(image, text)), disk);
}

/// How `write_grid` lays its images out (see Tiling), and the words the picture carries.
struct Grid {
  std::int64_t columns = 0, gap = 2, scale = 1;
  PictureText text = {};
  Disk disk = {};
};

/// Writes images, grey or RGB, side by side on white as one PNG. Throws FileError, std::invalid_argument.
inline void write_grid(const std::filesystem::path& file, const Images<std::uint8_t>& images, const Grid& grid = {}) {
  const auto tiled = tile(images, {grid.columns, grid.gap, grid.scale}, std::uint8_t(255));
  write_png(file, tiled, grid.text, grid.disk);
}
/// The same for images in [-1, 1]; values outside are clamped.
inline void write_grid(const std::filesystem::path& file, const Images<float>& images, const Grid& grid = {}) {
  write_grid(file, to_bytes(images), grid);
}

/// Writes every image, grey or RGB, as a PNG of its own into a folder, which is made if it is missing: 00.png, 01.png,
/// ..., with as many digits as the last number has. Throws FileError, std::invalid_argument.
inline void write_pngs(const std::filesystem::path& folder, const Images<std::uint8_t>& images, const Disk& disk = {}) {
  disk.make_folders(folder);
  const std::size_t digits = std::to_string(std::max<std::int64_t>(images.count, 1) - 1).size();
  for (std::int64_t i = 0; i < images.count; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, digits - number.size(), '0');
    write_png(folder / (number + ".png"),
              {1, images.height, images.width, images.channels, {images[i].begin(), images[i].end()}}, {}, disk);
  }
}

/// Reads a PNG file as one grey or RGB image of bytes: palettes are looked up, 16 bits rounded to 8, transparency laid
/// over black. Refuses sides above 16384 and every chunk whose checksum is wrong. Throws FileError.
inline Images<std::uint8_t> read_png(const std::filesystem::path& path) {
  const auto bytes = read_file(path, std::uint64_t(1) << 30);
  const auto chunks = detail::png_chunks({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
  struct Freed {
    png_image about{};
    ~Freed() { png_image_free(&about); }
  } image;
  auto& about = image.about;
  about.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&about, bytes.data(), bytes.size()))
    throw FileError(path, words("libpng: ", about.message), chunks.front().at);
  about.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  const int channels = about.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1;
  about.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Images<std::uint8_t> out(1, about.height, about.width, channels);
  const png_color black{0, 0, 0};
  if (!png_image_finish_read(&about, &black, out.pixels.data(), 0, nullptr))
    throw FileError(path, words("libpng: ", about.message), chunks.front().at);
  return out;
}

/// The words that a PNG file carries; compressed ones are passed over. Throws FileError.
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
