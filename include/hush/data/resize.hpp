#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <hush/images.hpp>

namespace hush::data {

namespace detail {

/// The source of one line of the resized image: between two lines of the old one, `share` of the way to the second.
struct Between {
  std::int64_t first, second;
  float share;
};

inline std::vector<Between> half_pixel(std::int64_t from, std::int64_t to) {
  std::vector<Between> places;
  const float scale = float(from) / float(to);
  for (std::int64_t i = 0; i < to; ++i) {
    const float place = (float(i) + 0.5f) * scale - 0.5f, below = std::floor(place);
    places.push_back({std::max<std::int64_t>(std::int64_t(below), 0),
                      std::min<std::int64_t>(std::int64_t(std::ceil(place)), from - 1), place - below});
  }
  return places;
}

}  // namespace detail

/// Resizes images to `height` x `width` by bilinear interpolation in float, pixel centres at halves, without
/// smoothing when they shrink: what tf.image.resize does in TensorFlow 2, and torch's interpolate with align_corners
/// and antialias off. Throws std::invalid_argument for a size below 1.
inline Images<float> resize(const Images<float>& images, std::int64_t height, std::int64_t width) {
  check(height >= 1 && width >= 1, "resize", "cannot resize to ", height, " x ", width);
  check(images.stride() > 0 || images.count == 0, "resize", "the images have no pixels");
  Images<float> out(images.count, height, width, images.channels);
  const auto rows = detail::half_pixel(images.height, height), columns = detail::half_pixel(images.width, width);
  for (std::int64_t i = 0; i < images.count; ++i) {
    const float* from = images[i].data();
    float* to = out[i].data();
    for (const auto& row : rows)
      for (const auto& column : columns)
        for (std::int64_t c = 0; c < images.channels; ++c) {
          const auto at = [&](std::int64_t y, std::int64_t x) {
            return from[(y * images.width + x) * images.channels + c];
          };
          const float upper_left = at(row.first, column.first), lower_left = at(row.second, column.first);
          const float upper = upper_left + (at(row.first, column.second) - upper_left) * column.share;
          const float lower = lower_left + (at(row.second, column.second) - lower_left) * column.share;
          *to++ = upper + (lower - upper) * row.share;
        }
  }
  return out;
}

/// Resizes images to `height` x `width` by nearest neighbour, the old pixel in which the new one's centre lies, which
/// makes no new values: a mask stays a mask. As PIL's NEAREST. Throws std::invalid_argument for a size below 1.
template <class T>
Images<T> resize_nearest(const Images<T>& images, std::int64_t height, std::int64_t width) {
  check(height >= 1 && width >= 1, "resize_nearest", "cannot resize to ", height, " x ", width);
  check(images.stride() > 0 || images.count == 0, "resize_nearest", "the images have no pixels");
  Images<T> out(images.count, height, width, images.channels);
  const auto nearest = [](std::int64_t i, std::int64_t from, std::int64_t to) { return (2 * i + 1) * from / (2 * to); };
  for (std::int64_t i = 0; i < images.count; ++i)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x)
        std::copy_n(
            images[i].data() +
                (nearest(y, images.height, height) * images.width + nearest(x, images.width, width)) * images.channels,
            images.channels, out[i].data() + (y * width + x) * images.channels);
  return out;
}

}  // namespace hush::data
