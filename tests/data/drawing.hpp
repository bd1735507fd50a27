#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include <hush/images.hpp>

/// A mask as rows of text, the hole as #.
inline std::string drawing(const hush::Images<float>& mask) {
  std::string text;
  for (std::int64_t y = 0; y < mask.height; ++y) {
    for (std::int64_t x = 0; x < mask.width; ++x) text += mask.pixels[std::size_t(y * mask.width + x)] == 1 ? '#' : '.';
    text += '\n';
  }
  return text;
}
