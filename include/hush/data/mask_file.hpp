#pragma once
#include <cstdint>
#include <filesystem>

#include <hush/images.hpp>
#include <hush/io/png.hpp>

namespace hush::data {

/// The mask of a PNG file, [1, height, width, 1]: what is white is the hole. A pixel counts as white when its
/// brightness (of a colour .299 red, .587 green, .114 blue, as PIL converts) is at least `threshold` of 255; what is
/// transparent counts as black. Throws FileError, also for a mask of another size.
inline Images<float> read_mask(const std::filesystem::path& file, std::int64_t height, std::int64_t width,
                               int threshold = 128) {
  const Images<std::uint8_t> picture = io::read_png(file);
  if (picture.height != height || picture.width != width)
    throw FileError(file, words("is a mask of ", picture.height, " x ", picture.width, " pixels, wanted is one of ",
                                height, " x ", width));
  Images<float> mask(1, height, width, 1);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const std::uint8_t* p = picture.pixels.data() + i * std::size_t(picture.channels);
    const int brightness = picture.channels == 1 ? p[0] : (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 32768) >> 16;
    mask.pixels[i] = brightness >= threshold ? 1.f : 0.f;
  }
  return mask;
}

}  // namespace hush::data
