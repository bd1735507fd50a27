#pragma once
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <hush/images.hpp>

namespace hush::metrics {

/// The values of a metric, one for each image, in order.
struct PerImage {
  std::vector<double> values;

  /// The mean over the pictures. Throws std::invalid_argument if there are none.
  double mean() const {
    check(!values.empty(), "PerImage::mean", "there are no pictures to take the mean of");
    return std::accumulate(values.begin(), values.end(), 0.) / double(values.size());
  }
  bool operator==(const PerImage&) const = default;
};

/// A pixel type: float in [-1, 1], or uint8 in 0..255.
template <class T>
concept Pixel = std::same_as<T, float> || std::same_as<T, std::uint8_t>;

/// The difference of white and black: 2 for float pixels, 255 for bytes.
template <Pixel T>
inline constexpr double full_range = std::same_as<T, float> ? 2 : 255;

/// A pixel on the scale of bytes, 0..255, not rounded.
template <Pixel T>
constexpr double level(T pixel) {
  return std::same_as<T, float> ? 127.5 * (double(pixel) + 1) : double(pixel);
}

/// The extents of images in words: "4 x 32 x 32 x 3".
template <class T>
std::string extents(const Images<T>& images) {
  return to_text(images.count, " x ", images.height, " x ", images.width, " x ", images.channels);
}

/// Throws std::invalid_argument, in the name of `where`, unless there are images with pixels, none of them NaN or
/// infinite.
template <Pixel T>
void check_measurable(const char* where, const Images<T>& images) {
  check(images.count > 0 && images.stride() > 0, where, "there is nothing to measure in images of ", extents(images));
  if constexpr (std::same_as<T, float>)
    for (std::size_t i = 0; i < images.pixels.size(); ++i) {
      const std::int64_t at = std::int64_t(i), pixel = at / images.channels, row = pixel / images.width;
      check(std::isfinite(images.pixels[i]), where, "image ", row / images.height, " has ", images.pixels[i],
            " in row ", row % images.height, ", column ", pixel % images.width, ", channel ", at % images.channels);
    }
}

/// `check_measurable` for generated images and their ground truth, which must have the same extents.
template <Pixel T>
void check_pair(const char* where, const Images<T>& made, const Images<T>& truth) {
  check(made.count == truth.count && made.height == truth.height && made.width == truth.width &&
            made.channels == truth.channels,
        where, "the images are ", extents(made), ", the truth is ", extents(truth));
  check_measurable(where, made);
  check_measurable(where, truth);
}

}  // namespace hush::metrics
