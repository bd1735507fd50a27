#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hush/images.hpp>
#include <hush/warning.hpp>

namespace hush::io {

/// The values of black and white in float images.
struct Range {
  float black = -1, white = 1;
};

namespace detail {

inline void check_range(const char* who, const Range& range) {
  const bool finite = std::isfinite(range.black) && std::isfinite(range.white);
  check(finite && range.black != range.white, who, "black at ", range.black, " and white at ", range.white,
        " are no range: two finite numbers that differ are wanted");
}

}  // namespace detail

/// Bytes to floats: 0 becomes `black`, 255 `white`. `to_bytes` with the same range gives the bytes back. Throws
/// std::invalid_argument where black is white.
inline Images<float> to_floats(const Images<std::uint8_t>& images, Range range = {}) {
  check_filled("to_floats", images);
  detail::check_range("to_floats", range);
  Images<float> out(images.count, images.height, images.width, images.channels);
  std::transform(images.pixels.begin(), images.pixels.end(), out.pixels.begin(),
                 [=](std::uint8_t byte) { return range.black + (range.white - range.black) * (float(byte) / 255.f); });
  return out;
}

/// Floats to bytes: rounded to the nearest, values outside the range clamped, NaN black. Throws std::invalid_argument
/// where black is white.
inline Images<std::uint8_t> to_bytes(const Images<float>& images, Range range = {}) {
  check_filled("to_bytes", images);
  detail::check_range("to_bytes", range);
  Images<std::uint8_t> out(images.count, images.height, images.width, images.channels);
  std::transform(images.pixels.begin(), images.pixels.end(), out.pixels.begin(), [=](float value) {
    const float level = 255.f * ((value - range.black) / (range.white - range.black));
    return level > 0 ? std::uint8_t(std::min(level, 255.f) + 0.5f) : std::uint8_t(0);
  });
  return out;
}

/// Checks that pixels to be shown are in [-1, 1]. Throws std::invalid_argument for NaN, and if none is below 0 and one
/// above 1, as in pixels of 0..255. Warns once if all are in [0, 1], unless they have one value.
inline void check_shown(const char* who, const Images<float>& images) {
  check_filled(who, images);
  float low = 1, high = -1;
  for (std::int64_t i = 0; i < images.count; ++i)
    for (const float value : images[i]) {
      check(!std::isnan(value), who, "image ", i, " has a pixel that is NaN");
      low = std::min(low, value);
      high = std::max(high, value);
    }
  if (low < 0 || low >= high) return;
  check(high <= 1 + 1.f / 255, who, "the pixels go from ", low, " to ", high,
        ", those of images go from -1 to 1 (data::to_floats makes such of bytes)");
  warn_once("shown from 0", 0, [&] {
    return to_text("[", who,
                   "] no pixel is below 0: are they in [0, 1]? Here they go from -1 to 1; make 2 x - 1 of such "
                   "x, or bytes by to_bytes(images, {0, 1}).");
  });
}

}  // namespace hush::io
