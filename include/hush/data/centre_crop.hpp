#pragma once
#include <algorithm>
#include <cstdint>

#include <hush/data/masks.hpp>
#include <hush/images.hpp>

namespace hush::data {

/// The largest box in the middle of `from_height` x `from_width` pixels that has the aspect of `height` x `width`,
/// rounded to whole pixels; an odd pixel that is cut off is one of the right or the bottom. Throws
/// std::invalid_argument for a side that is not in 1..2^30.
inline Box centre_crop_box(std::int64_t from_height, std::int64_t from_width, std::int64_t height, std::int64_t width) {
  const auto is_side = [](std::int64_t side) { return side >= 1 && side <= std::int64_t(1) << 30; };
  check(is_side(from_height) && is_side(from_width) && is_side(height) && is_side(width), "centre_crop", "cannot cut ",
        height, " x ", width, " out of ", from_height, " x ", from_width);
  const auto rounded = [](std::int64_t side, std::int64_t of, std::int64_t to) {
    return std::max<std::int64_t>(1, (2 * side * of + to) / (2 * to));
  };
  Box box{0, 0, from_height, from_width};
  if (from_width * height > from_height * width)
    box.width = rounded(from_height, width, height);
  else
    box.height = rounded(from_width, height, width);
  box.top = (from_height - box.height) / 2;
  box.left = (from_width - box.width) / 2;
  return box;
}

/// Images cropped to that box, [N, h, w, C], so that resizing them to `height` x `width` does not distort them.
template <class T>
Images<T> centre_crop(const Images<T>& images, std::int64_t height, std::int64_t width) {
  check_filled("centre_crop", images);
  const Box box = centre_crop_box(images.height, images.width, height, width);
  Images<T> out(images.count, box.height, box.width, images.channels);
  const std::int64_t line = box.width * images.channels;
  for (std::int64_t i = 0; i < images.count; ++i)
    for (std::int64_t y = 0; y < box.height; ++y)
      std::copy_n(images[i].begin() + ((box.top + y) * images.width + box.left) * images.channels, line,
                  out[i].begin() + y * line);
  return out;
}

}  // namespace hush::data
