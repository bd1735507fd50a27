#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/picture.hpp>

namespace hush::data {

/// How a mask is read: from which of 255 on a pixel is hole, or soft: each by its share; turned as its EXIF says.
struct MaskReading {
  int threshold = 128;
  bool soft = false, upright = true;
};

/// The mask of a PNG or JPEG file in its own size, [1, H, W, 1]: what is white is the hole, 1. A pixel counts as white
/// when its brightness (of a colour .299 red, .587 green, .114 blue, as PIL converts) is at least the threshold, of the
/// stored values; what is transparent counts as black. A mask of greys is said once, or read as a soft one: brightness
/// over 255, for `blend`. Throws FileError.
inline Images<float> read_mask(const std::filesystem::path& file, const MaskReading& how = {}) {
  const auto bytes = io::read_file(file, std::uint64_t(1) << 30);
  const auto grey = io::to_grey(
      io::decode_picture(bytes, file, {.upright = how.upright, .transparency = io::Transparency::over_black}));
  const int unclear = bytes[0] == std::byte(0xff) ? 32 : 0;  // what compression makes of black and white in a JPEG
  std::size_t soft = 0;
  Images<float> mask(1, grey.height, grey.width, 1);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const int brightness = grey.pixels[i];
    const bool between = brightness > unclear && brightness < 255 - unclear;
    mask.pixels[i] = how.soft && between ? float(brightness) / 255 : brightness >= how.threshold ? 1.f : 0.f;
    soft += between;
  }
  if (soft > 0 && !how.soft)
    io::detail::warn_once_a_folder("soft mask", file,
                                   to_text("is a soft mask, ", soft, " of its ", mask.pixels.size(),
                                           " pixels are neither black nor white. Each counts as hole from ",
                                           how.threshold, " of 255 on, and as picture below"));
  return mask;
}

/// The same of a wanted size. Throws FileError, also for a mask of another size.
inline Images<float> read_mask(const std::filesystem::path& file, std::int64_t height, std::int64_t width,
                               int threshold = 128, bool upright = true) {
  Images<float> mask = read_mask(file, {.threshold = threshold, .upright = upright});
  if (mask.height != height || mask.width != width)
    throw FileError(file, to_text("is a mask of ", mask.height, " x ", mask.width, " pixels, wanted is one of ", height,
                                  " x ", width));
  return mask;
}

}  // namespace hush::data
