#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <hush/check.hpp>
#include <hush/images.hpp>

namespace hush::data {

/// The filter of `pil_resize`: bilinear, or bicubic (Keys 1981, a = -1/2).
enum class Filter { bilinear, bicubic };

namespace detail {

constexpr int weight_bits = 22;  // of a weight of 1

/// The weights of a line of `from` pixels in each pixel of the resized line: `most` numbers a pixel, the first
/// `places[i].count` of them in use.
struct Taps {
  struct Place {
    std::int64_t first, count;
  };
  std::int64_t from = 0, most = 0;
  std::vector<Place> places;
  std::vector<std::int32_t> weights;
};

inline double filter_weight(Filter filter, double x) {
  x = std::abs(x);
  if (filter == Filter::bilinear) return x < 1 ? 1 - x : 0;
  constexpr double a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/// The filter is as wide as one new pixel where the line shrinks, as one old pixel where it grows.
inline Taps taps(std::int64_t from, std::int64_t to, Filter filter) {
  const double scale = double(from) / double(to), wide = std::max(scale, 1.0);
  const double reach = (filter == Filter::bilinear ? 1 : 2) * wide;
  Taps out{from, 2 * std::int64_t(std::ceil(reach)) + 1, {}, {}};
  out.weights.resize(std::size_t(out.most * to));
  std::vector<double> exact;
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre = (double(i) + 0.5) * scale, inverse = 1 / wide;
    const auto first = std::max<std::int64_t>(std::int64_t(centre - reach + 0.5), 0);
    const auto end = std::min(std::int64_t(centre + reach + 0.5), from);
    exact.clear();
    double sum = 0;
    for (std::int64_t x = first; x < end; ++x) {
      exact.push_back(filter_weight(filter, (double(x) - centre + 0.5) * inverse));
      sum += exact.back();
    }
    auto* weights = out.weights.data() + i * out.most;
    for (double weight : exact) {
      if (sum != 0) weight /= sum;
      *weights++ = std::int32_t(weight * (1 << weight_bits) + (weight < 0 ? -0.5 : 0.5));
    }
    out.places.push_back({first, end - first});
  }
  return out;
}

inline std::uint8_t rounded(std::int32_t sum) { return std::uint8_t(std::clamp(sum >> weight_bits, 0, 255)); }

/// A new row of `width` bytes, the weighted sum of old rows. A constant block is what makes the compiler keep the sums
/// in vector registers.
inline void mix_rows(const std::uint8_t* from, std::int64_t width, const std::int32_t* weights, std::int64_t count,
                     std::uint8_t* to) {
  constexpr std::int64_t block = 32;
  std::int64_t x = 0;
  for (; x + block <= width; x += block) {
    std::int32_t sums[block];
    std::fill_n(sums, block, 1 << (weight_bits - 1));
    for (std::int64_t k = 0; k < count; ++k) {
      const std::uint8_t* row = from + k * width + x;
      for (std::int64_t i = 0; i < block; ++i) sums[i] += row[i] * weights[k];
    }
    for (std::int64_t i = 0; i < block; ++i) to[x + i] = rounded(sums[i]);
  }
  for (; x < width; ++x) {
    std::int32_t sum = 1 << (weight_bits - 1);
    for (std::int64_t k = 0; k < count; ++k) sum += from[k * width + x] * weights[k];
    to[x] = rounded(sum);
  }
}

constexpr std::int64_t slice = 32;  // rows that are resized at once

/// Turns rows of pixels into columns: pixel x of row y becomes pixel y of row x. Three channels are moved as four
/// bytes, of which the next pixel overwrites the last.
template <std::size_t channels>
void turn(const std::uint8_t* from, std::int64_t stride, std::int64_t rows, std::int64_t columns, std::uint8_t* to,
          std::int64_t to_stride) {
  constexpr std::int64_t step = channels;
  for (std::int64_t x = 0; x < columns; ++x, from += step, to += to_stride) {
    const std::int64_t whole = rows - (x == columns - 1);
    for (std::int64_t y = 0; y < whole; ++y)
      std::memcpy(to + y * step, from + y * stride, channels == 3 ? 4 : channels);
    for (std::int64_t y = whole; y < rows; ++y) std::memcpy(to + y * step, from + y * stride, channels);
  }
}

}  // namespace detail

/// Resizes pictures of bytes to one size, bit for bit as the Image.resize of PIL and Pillow up to 12: the filter widens
/// where a picture shrinks (antialias), first along the rows, then along the columns, in 22-bit fixed point with bytes
/// between. (Pillow 13 begins with the columns where a picture shrinks most in height.) Keeps its tables and memory
/// from picture to picture; for one thread at a time.
class PilResize {
 public:
  /// Throws std::invalid_argument for a size below 1.
  PilResize(std::int64_t height, std::int64_t width, Filter filter = Filter::bilinear)
      : height_(height), width_(width), filter_(filter) {
    check(height >= 1 && width >= 1, "pil_resize", "cannot resize to ", height, " x ", width);
  }

  /// One picture of `from_height` x `from_width` pixels with 1 to 4 channels, each for itself, into `to`, which holds
  /// height * width * channels bytes. Throws std::invalid_argument for lengths that do not fit.
  void operator()(std::span<const std::uint8_t> from, std::int64_t from_height, std::int64_t from_width,
                  std::int64_t channels, std::span<std::uint8_t> to) {
    check(channels >= 1 && channels <= 4, "pil_resize", "wants 1 to 4 channels, got ", channels);
    check(from_height >= 1 && from_width >= 1 && std::int64_t(from.size()) == from_height * from_width * channels &&
              std::int64_t(to.size()) == height_ * width_ * channels,
          "pil_resize", "a picture of ", from_height, " x ", from_width, " x ", channels, " is not ", from.size(),
          " bytes, or the resized one not ", to.size());
    if (columns_.from != from_width) columns_ = detail::taps(from_width, width_, filter_);
    if (rows_.from != from_height) rows_ = detail::taps(from_height, height_, filter_);
    const bool along = from_width != width_, down = from_height != height_;
    if (along && down) {
      between_.resize(std::size_t(from_height * width_ * channels));
      resize_along(from.data(), from_height, channels, between_.data());
      resize_down(between_.data(), channels, to.data());
    } else if (along) {
      resize_along(from.data(), from_height, channels, to.data());
    } else if (down) {
      resize_down(from.data(), channels, to.data());
    } else {
      std::copy(from.begin(), from.end(), to.begin());
    }
  }

 private:
  /// The pass along rows: transposes slices of rows, so that they are summed as in the pass along columns.
  void resize_along(const std::uint8_t* from, std::int64_t height, std::int64_t channels, std::uint8_t* to) {
    constexpr auto turns = std::array{detail::turn<1>, detail::turn<2>, detail::turn<3>, detail::turn<4>};
    const auto turn = turns[std::size_t(channels - 1)];
    const std::int64_t line = detail::slice * channels, width = columns_.from;
    turned_.resize(std::size_t((width + width_) * line));
    std::uint8_t* const mixed = turned_.data() + width * line;
    for (std::int64_t y = 0; y < height; y += detail::slice) {
      const auto rows = std::min(detail::slice, height - y);
      turn(from + y * width * channels, width * channels, rows, width, turned_.data(), line);
      mix(columns_, turned_.data(), line, mixed);
      turn(mixed, line, width_, rows, to + y * width_ * channels, width_ * channels);
    }
  }
  void resize_down(const std::uint8_t* from, std::int64_t channels, std::uint8_t* to) {
    mix(rows_, from, width_ * channels, to);
  }
  static void mix(const detail::Taps& taps, const std::uint8_t* from, std::int64_t stride, std::uint8_t* to) {
    const std::int32_t* weights = taps.weights.data();
    for (const auto& place : taps.places) {
      detail::mix_rows(from + place.first * stride, stride, weights, place.count, to);
      weights += taps.most;
      to += stride;
    }
  }

  std::int64_t height_, width_;
  Filter filter_;
  detail::Taps columns_, rows_;
  std::vector<std::uint8_t> between_, turned_;
};

/// Resizes pictures of bytes [N, H, W, C], C 1 to 4, to [N, height, width, C]: see PilResize. Throws
/// std::invalid_argument.
inline Images<std::uint8_t> pil_resize(const Images<std::uint8_t>& images, std::int64_t height, std::int64_t width,
                                       Filter filter = Filter::bilinear) {
  PilResize resize(height, width, filter);
  Images<std::uint8_t> out(images.count, height, width, images.channels);
  for (std::int64_t i = 0; i < images.count; ++i)
    resize(images[i], images.height, images.width, images.channels, out[i]);
  return out;
}

}  // namespace hush::data
