#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/io/png_rgb.hpp>

namespace hush::io {

/// The picture in the bytes of a PNG or JPEG file, told apart by how they begin: [1, H, W, 3], the pixels that PIL's
/// convert('RGB') gives (see decode_jpeg and decode_png_rgb). `file` is what messages call it, `reused` an image whose
/// memory may be used. Throws FileError.
inline Images<std::uint8_t> decode_picture(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                           Images<std::uint8_t> reused = {}) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return decode_png_rgb(bytes, file, std::move(reused));
  if (text.starts_with("\xff\xd8\xff")) return decode_jpeg(bytes, file, std::move(reused));
  throw FileError(file, text.empty() ? "is empty" : "is neither a PNG nor a JPEG file");
}

/// Reads a PNG or JPEG file as `decode_picture` does. Throws FileError.
inline Images<std::uint8_t> read_picture(const std::filesystem::path& file, Images<std::uint8_t> reused = {}) {
  return decode_picture(read_file(file, std::uint64_t(1) << 30), file, std::move(reused));
}

/// RGB as grey, [N, H, W, 1]: PIL's convert('L'), the luma of ITU-R BT.601 in 16-bit fixed point. Throws
/// std::invalid_argument for images of other than 3 channels.
inline Images<std::uint8_t> to_grey(const Images<std::uint8_t>& images) {
  check(images.channels == 3, "to_grey", "wants 3 channels, got ", images.channels);
  Images<std::uint8_t> out(images.count, images.height, images.width, 1);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    const std::uint8_t* rgb = images.pixels.data() + 3 * i;
    out.pixels[i] = std::uint8_t((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
  }
  return out;
}

}  // namespace hush::io
