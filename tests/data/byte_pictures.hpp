#pragma once
#include <cstdint>
#include <span>

#include <hush/data/pixels.hpp>
#include <hush/images.hpp>

/// A set of RGB pictures of 16x16 pixels, a function of their number, as bytes or as floats.
struct BytePictures {
  std::int64_t size() const { return 9; }
  hush::Images<std::uint8_t> bytes(std::span<const std::int64_t> items) const {
    hush::Images<std::uint8_t> images(std::int64_t(items.size()), 16, 16, 3);
    for (std::size_t i = 0; i < items.size(); ++i)
      for (std::int64_t p = 0; p < 256; ++p)
        for (std::int64_t c = 0; c < 3; ++c)
          images[std::int64_t(i)][std::size_t(3 * p + c)] =
              std::uint8_t((p * (c + 1) + 20 * items[i] + p / 16 * 7 * c) % 256);
    return images;
  }
  hush::Images<float> batch(std::span<const std::int64_t> items) const { return hush::data::to_floats(bytes(items)); }
};
