#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/exif.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/io/known_formats.hpp>
#include <hush/io/orientation.hpp>
#include <hush/io/png_reader.hpp>

namespace hush::io {

/// How a picture is read from a file: rotated by its orientation (EXIF, else XMP) or as stored, and the treatment of
/// transparency.
struct Reading {
  bool upright = true;
  Transparency transparency = Transparency::dropped;
};

namespace detail {

/// The reason why bytes are not read as a picture.
inline std::string no_picture(std::string_view bytes) {
  if (bytes.empty()) return "is empty";
  const std::string other = other_format(bytes, "PNG and JPEG are read, convert it to one of them");
  return other.empty() ? "is neither a PNG nor a JPEG file" : other;
}

}  // namespace detail

/// Decodes the bytes of a PNG or JPEG file, by their signature: [1, H, W, 3], the pixels that PIL's convert('RGB')
/// gives, after its exif_transpose if it is to be upright (see decode_jpeg and decode_png). `file` is its name in
/// messages, `reused` an image whose memory may be reused. Throws FileError.
inline Images<std::uint8_t> decode_picture(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                           const Reading& how = {}, Images<std::uint8_t> reused = {}) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xff\xd8\xff")) {
    auto picture = decode_jpeg(bytes, file, std::move(reused));
    return how.upright ? upright(std::move(picture), jpeg_orientation(text)) : picture;
  }
  if (!text.starts_with("\x89PNG\r\n\x1a\n")) throw FileError(file, detail::no_picture(text));
  const auto chunks = detail::png_chunks(text, file);
  auto picture = detail::png_pixels(chunks, bytes.size(), file, {.transparency = how.transparency}, std::move(reused));
  return how.upright ? upright(std::move(picture), png_orientation(chunks)) : picture;
}

/// Reads a PNG or JPEG file as `decode_picture` does. Throws FileError.
inline Images<std::uint8_t> read_picture(const std::filesystem::path& file, const Reading& how = {},
                                         Images<std::uint8_t> reused = {}) {
  return decode_picture(read_file(file, std::uint64_t(1) << 30), file, how, std::move(reused));
}

/// RGB as grey, [N, H, W, 1]: PIL's convert('L'), the luma of ITU-R BT.601 in 16-bit fixed point. Throws
/// std::invalid_argument for images of other than 3 channels.
inline Images<std::uint8_t> to_grey(const Images<std::uint8_t>& images) {
  check(images.channels == 3, "to_grey", "wants 3 channels, got ", images.channels);
  check_filled("to_grey", images);
  Images<std::uint8_t> out(images.count, images.height, images.width, 1);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    const std::uint8_t* rgb = images.pixels.data() + 3 * i;
    out.pixels[i] = std::uint8_t((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
  }
  return out;
}

}  // namespace hush::io
