#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include <hush/check.hpp>
#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/picture.hpp>

namespace hush::data {

/// How a mask file is read: the brightness, 1 to 255, from which on a pixel is a hole, or `soft`: brightness as alpha,
/// whatever the threshold; rotated by its EXIF orientation.
struct MaskReading {
  int threshold = 128;
  bool soft = false, upright = true;
};

/// The mask of a PNG or JPEG file in its own size, [1, H, W, 1]: what is white is the hole, 1. A pixel counts as white
/// when its brightness (of a colour .299 red, .587 green, .114 blue, as PIL converts) is at least the threshold, of the
/// stored values; transparent pixels count as black. A mask with greys warns once, or with `soft` is read as alpha,
/// brightness / 255, for `blend`. Throws FileError, and std::invalid_argument for a threshold outside 1..255, at which
/// every pixel would be a hole, or none.
inline Images<float> read_mask(const std::filesystem::path& file, const MaskReading& how = {}) {
  check(how.threshold >= 1 && how.threshold <= 255, "read_mask", "a threshold of ", how.threshold,
        " is not between 1 and 255, the brightness from which on a pixel is a hole");
  const auto bytes = io::read_file(file, std::uint64_t(1) << 30);
  const auto grey = io::to_grey(
      io::decode_picture(bytes, file, {.upright = how.upright, .transparency = io::Transparency::over_black}));
  const int cut = how.soft ? 128 : how.threshold;
  const int unclear = bytes[0] == std::byte(0xff) ? 32 : 0;  // deviations that JPEG compression makes
  std::size_t soft = 0;
  Images<float> mask(1, grey.height, grey.width, 1);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const int brightness = grey.pixels[i];
    const bool between = brightness > unclear && brightness < 255 - unclear;
    mask.pixels[i] = how.soft && between ? float(brightness) / 255 : brightness >= cut ? 1.f : 0.f;
    soft += between;
  }
  if (soft > 0 && !how.soft)
    io::detail::warn_once_a_folder("soft mask", file,
                                   to_text("is a soft mask, ", soft, " of its ", mask.pixels.size(),
                                           " pixels are neither black nor white. Each counts as hole from ",
                                           how.threshold, " of 255 on, and as picture below"));
  return mask;
}

/// Reads a mask as above, and throws FileError for a mask of another size too.
inline Images<float> read_mask(const std::filesystem::path& file, std::int64_t height, std::int64_t width,
                               int threshold = 128, bool upright = true) {
  Images<float> mask = read_mask(file, {.threshold = threshold, .upright = upright});
  if (mask.height != height || mask.width != width)
    throw FileError(file, to_text("is a mask of ", mask.height, " x ", mask.width, " pixels, wanted is one of ", height,
                                  " x ", width));
  return mask;
}

}  // namespace hush::data
