#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/check.hpp>

namespace hush {

/// Height, width and channels of an image.
struct ImageSize {
  std::int64_t height = 32, width = 32, channels = 1;
  static constexpr void fields(auto& self, auto&& f) {
    f("height", self.height), f("width", self.width), f("channels", self.channels);
  }
  constexpr bool operator==(const ImageSize&) const = default;
};

/// Prints as 32x32x1.
inline std::ostream& operator<<(std::ostream& out, const ImageSize& s) {
  return out << s.height << 'x' << s.width << 'x' << s.channels;
}

/// Images on the host, [N, H, W, C], channels contiguous: float in [-1, 1] unless said otherwise, uint8 in 0..255. The
/// image type of `data`, `io` and `sample`.
template <class T>
struct Images {
  std::int64_t count = 0, height = 0, width = 0, channels = 1;
  std::vector<T> pixels;

  Images() = default;
  Images(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c)
      : Images(n, h, w, c, std::vector<T>(sized(n, h, w, c))) {}
  Images(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, std::vector<T> values)
      : count(n), height(h), width(w), channels(c), pixels(std::move(values)) {
    check(pixels.size() == sized(n, h, w, c), "Images", n, " x ", h, " x ", w, " x ", c, " wants ", sized(n, h, w, c),
          " pixels, got ", pixels.size());
  }

  /// Values in one image, H * W * C.
  std::int64_t stride() const { return height * width * channels; }
  std::span<T> operator[](std::int64_t i) { return {pixels.data() + i * stride(), std::size_t(stride())}; }
  std::span<const T> operator[](std::int64_t i) const { return {pixels.data() + i * stride(), std::size_t(stride())}; }
  bool operator==(const Images&) const = default;

 private:
  static std::size_t sized(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c) {
    check(n >= 0 && h >= 0 && w >= 0 && c >= 0, "Images", "no extent may be negative");
    return std::size_t(n) * std::size_t(h) * std::size_t(w) * std::size_t(c);
  }
};

/// Throws std::invalid_argument unless pixels.size() fits the extents, which are public members and can be set
/// separately.
template <class T>
void check_filled(const char* who, const Images<T>& images) {
  check(images.count >= 0 && images.height >= 0 && images.width >= 0 && images.channels >= 0 &&
            std::int64_t(images.pixels.size()) == images.count * images.stride(),
        who, images.count, " images of ", ImageSize{images.height, images.width, images.channels}, " cannot have ",
        images.pixels.size(), " values");
}

/// Throws std::invalid_argument unless mask i of `masks` [N, H, W, 1] holds zeros and ones, with at least one 1, an
/// unknown pixel; `without` ends the message where there is none.
inline void check_mask(const char* who, const Images<float>& masks, std::int64_t i,
                       const char* without = "there is nothing to restore") {
  const std::span<const float> mask = masks[i];
  const auto odd = std::find_if(mask.begin(), mask.end(), [](float v) { return v != 0 && v != 1; });
  check(odd == mask.end(), who, "a mask holds 1 where pixels are unknown and 0 elsewhere, mask ", i, " has ",
        odd == mask.end() ? 0.f : *odd);
  check(std::find(mask.begin(), mask.end(), 1.f) != mask.end(), who, "mask ", i, " is 0 everywhere: ", without);
}

/// The range that pixel values are checked against, with a tolerance for rounding of half a byte, (high - low) / 510;
/// NaN is never valid. `any()`: all finite numbers, for data that are no images.
struct PixelRange {
  float low = -1, high = 1;
  static constexpr PixelRange any() {
    return {std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max()};
  }
  static constexpr void fields(auto& self, auto&& f) { f("low", self.low), f("high", self.high); }
  constexpr bool operator==(const PixelRange&) const = default;
};

/// Prints as [-1, 1].
inline std::ostream& operator<<(std::ostream& out, const PixelRange& range) {
  if (range == PixelRange::any()) return out << "the finite numbers";
  return out << '[' << range.low << ", " << range.high << ']';
}

namespace detail {

/// The index of the first value outside the range, -1 if there is none. One pass that compares bits too, so that NaN
/// and infinity are found even with -ffast-math.
inline std::int64_t first_outside(std::span<const float> values, const PixelRange& range) {
  const double beyond = (double(range.high) - double(range.low)) / 510;
  const auto bound = [](double value) {
    return float(std::clamp(value, double(PixelRange::any().low), double(PixelRange::any().high)));
  };
  const float low = bound(double(range.low) - beyond), high = bound(double(range.high) + beyond);
  const auto largest = std::bit_cast<std::uint32_t>(std::max(std::abs(low), std::abs(high)));
  const auto is_outside = [=](float value) {
    const bool too_large = (std::bit_cast<std::uint32_t>(value) & 0x7fffffffu) > largest;
    return std::uint32_t(too_large) | std::uint32_t(value < low) | std::uint32_t(value > high);
  };
  std::uint32_t some = 0;
  for (const float value : values) some |= is_outside(value);
  if (some == 0) return -1;
  return std::ranges::find_if(values, [&](float value) { return is_outside(value) != 0; }) - values.begin();
}

}  // namespace detail

/// An error text for image `i`: value and position of its first pixel outside the range; empty if all are inside.
inline std::string pixel_fault(const Images<float>& images, std::int64_t i, const PixelRange& range) {
  const std::int64_t at = detail::first_outside(images[i], range);
  if (at < 0) return {};
  const std::int64_t pixel = at / images.channels;
  return to_text("has a value of ", images[i][std::size_t(at)], " at row ", pixel / images.width, ", column ",
                 pixel % images.width, ", channel ", at % images.channels, ", wanted are values in ", range);
}

}  // namespace hush
