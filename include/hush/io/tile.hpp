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

namespace detail {

/// Where images stand in a grid: cells in a row and rows, and the pixels of a cell with its gap.
struct Cells {
  std::int64_t columns, rows, high, wide;
};
inline Cells cells_of(std::int64_t count, const ImageSize& image, const Tiling& tiling) {
  constexpr std::int64_t most = 65535;  // pixels of a side
  check(count > 0 && image.height > 0 && image.width > 0 && image.channels > 0, "tile", "there are no images to show");
  check(tiling.columns >= 0 && tiling.gap >= 0 && tiling.gap <= most && tiling.scale >= 1 && tiling.scale <= most,
        "tile", "columns ", tiling.columns, ", gap ", tiling.gap, ", scale ", tiling.scale,
        ": columns must be >= 0, gap 0 to ", most, ", scale 1 to ", most);
  check(image.height <= most && image.width <= most, "tile", "images of ", image, " are too large");
  const auto side = std::int64_t(std::ceil(std::sqrt(double(count))));
  const auto columns = std::min(count, tiling.columns ? tiling.columns : side),
             rows = count / columns + (count % columns != 0);
  const Cells cells{columns, rows, image.height * tiling.scale + tiling.gap, image.width * tiling.scale + tiling.gap};
  check(rows <= most && columns <= most && rows * cells.high <= most && columns * cells.wide <= most, "tile", count,
        " images of ", image, ", ", columns, " in a row at a scale of ", tiling.scale, ", are more than the ", most,
        " pixels of a side that a picture may have; show fewer, or smaller ones");
  return cells;
}

}  // namespace detail

/// The extents of the picture in which `count` images are tiled. Throws what `tile` would, so that it can be known
/// before the images are made.
inline ImageSize tiled_size(std::int64_t count, const ImageSize& image, const Tiling& tiling) {
  const auto [columns, rows, high, wide] = detail::cells_of(count, image, tiling);
  return {rows * high - tiling.gap, columns * wide - tiling.gap, image.channels};
}

/// Tiles all images into one, row by row, [1, H', W', C]. Gaps and empty cells have the value `ground`. Throws
/// std::invalid_argument for no images, a scale or gap out of range, and a picture of more than 65535 pixels a side.
template <class T>
Images<T> tile(const Images<T>& images, const Tiling& tiling, T ground) {
  check_filled("tile", images);
  const ImageSize image{images.height, images.width, images.channels};
  const detail::Cells cells = detail::cells_of(images.count, image, tiling);
  const ImageSize whole = tiled_size(images.count, image, tiling);
  Images<T> out(1, whole.height, whole.width, whole.channels);
  std::fill(out.pixels.begin(), out.pixels.end(), ground);
  for (std::int64_t i = 0; i < images.count; ++i)
    for (std::int64_t y = 0; y < images.height * tiling.scale; ++y)
      for (std::int64_t x = 0; x < images.width * tiling.scale; ++x) {
        const auto from = (y / tiling.scale * images.width + x / tiling.scale) * images.channels;
        const auto to =
            ((i / cells.columns * cells.high + y) * out.width + i % cells.columns * cells.wide + x) * images.channels;
        std::copy_n(images[i].data() + from, images.channels, out.pixels.data() + to);
      }
  return out;
}

}  // namespace hush::io
