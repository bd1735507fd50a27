#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hush/images.hpp>

namespace hush::io {

/// Layout of an image grid: `columns` images in a row (0: nearly square), `gap` pixels between them, each pixel drawn
/// as `scale` x `scale`.
struct Tiling {
  std::int64_t columns = 0, gap = 2, scale = 1;
};

/// Tiles all images into one, row by row, [1, H', W', C]. Gaps and empty cells have the value `ground`. Throws
/// std::invalid_argument for no images, scale below 1, or a gap or number of columns below 0.
template <class T>
Images<T> tile(const Images<T>& images, const Tiling& tiling, T ground) {
  check(images.count > 0 && images.stride() > 0, "tile", "there are no images to show");
  check(tiling.columns >= 0 && tiling.gap >= 0 && tiling.scale >= 1, "tile", "columns ", tiling.columns, ", gap ",
        tiling.gap, ", scale ", tiling.scale, ": columns and gap must be >= 0, scale >= 1");
  const auto side = std::int64_t(std::ceil(std::sqrt(double(images.count))));
  const auto columns = std::min(images.count, tiling.columns ? tiling.columns : side);
  const auto rows = (images.count + columns - 1) / columns;
  const auto high = images.height * tiling.scale + tiling.gap, wide = images.width * tiling.scale + tiling.gap;
  check(rows * high <= 65535 && columns * wide <= 65535, "tile", "a picture of ", columns * wide, " x ", rows * high,
        " pixels is too large");
  Images<T> out(1, rows * high - tiling.gap, columns * wide - tiling.gap, images.channels);
  std::fill(out.pixels.begin(), out.pixels.end(), ground);
  for (std::int64_t i = 0; i < images.count; ++i)
    for (std::int64_t y = 0; y < images.height * tiling.scale; ++y)
      for (std::int64_t x = 0; x < images.width * tiling.scale; ++x) {
        const auto from = (y / tiling.scale * images.width + x / tiling.scale) * images.channels;
        const auto to = ((i / columns * high + y) * out.width + i % columns * wide + x) * images.channels;
        std::copy_n(images[i].data() + from, images.channels, out.pixels.data() + to);
      }
  return out;
}

}  // namespace hush::io
