#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hush/images.hpp>

namespace hush::io {

/// The numbers that black and white stand for in float images.
struct Range {
  float black = -1, white = 1;
};

/// Bytes to floats: 0 becomes `black`, 255 `white`. `to_bytes` with the same range gives the bytes back.
inline Images<float> to_floats(const Images<std::uint8_t>& images, Range range = {}) {
  Images<float> out(images.count, images.height, images.width, images.channels);
  std::transform(images.pixels.begin(), images.pixels.end(), out.pixels.begin(),
                 [=](std::uint8_t byte) { return range.black + (range.white - range.black) * (float(byte) / 255.f); });
  return out;
}

/// Floats to bytes: rounded to the nearest, what lies outside the range is clamped, NaN is black.
inline Images<std::uint8_t> to_bytes(const Images<float>& images, Range range = {}) {
  Images<std::uint8_t> out(images.count, images.height, images.width, images.channels);
  std::transform(images.pixels.begin(), images.pixels.end(), out.pixels.begin(), [=](float value) {
    const float level = 255.f * ((value - range.black) / (range.white - range.black));
    return level > 0 ? std::uint8_t(std::min(level, 255.f) + 0.5f) : std::uint8_t(0);
  });
  return out;
}

}  // namespace hush::io
