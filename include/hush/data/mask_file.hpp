#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/picture.hpp>

namespace hush::data {

/// The mask of a PNG or JPEG file, [1, height, width, 1]: what is white is the hole. A pixel counts as white when its
/// brightness (of a colour .299 red, .587 green, .114 blue, as PIL converts) is at least `threshold` of 255, of the
/// stored values; what is transparent counts as black. It is turned as its EXIF says, as its picture is. A soft mask is
/// said once. Throws FileError, also for a mask of another size.
inline Images<float> read_mask(const std::filesystem::path& file, std::int64_t height, std::int64_t width,
                               int threshold = 128, bool upright = true) {
  const auto bytes = io::read_file(file, std::uint64_t(1) << 30);
  const auto grey =
      io::to_grey(io::decode_picture(bytes, file, {.upright = upright, .transparency = io::Transparency::over_black}));
  if (grey.height != height || grey.width != width)
    throw FileError(file, words("is a mask of ", grey.height, " x ", grey.width, " pixels, wanted is one of ", height,
                                " x ", width));
  const int unclear = bytes[0] == std::byte(0xff) ? 32 : 0;  // what compression makes of black and white in a JPEG
  std::size_t soft = 0;
  Images<float> mask(1, height, width, 1);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const int brightness = grey.pixels[i];
    mask.pixels[i] = brightness >= threshold ? 1.f : 0.f;
    soft += brightness > unclear && brightness < 255 - unclear;
  }
  if (soft > 0)
    io::detail::warn_once_a_folder("soft mask", file,
                                   words("is a soft mask, ", soft, " of its ", mask.pixels.size(),
                                         " pixels are neither black nor white. Each counts as hole from ", threshold,
                                         " of 255 on, and as picture below"));
  return mask;
}

}  // namespace hush::data
