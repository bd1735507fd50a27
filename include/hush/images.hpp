#pragma once
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

#include <hush/check.hpp>

namespace hush {

/// Height, width and channels of an image.
struct ImageSize {
  std::int64_t height = 32, width = 32, channels = 1;
  constexpr bool operator==(const ImageSize&) const = default;
};

/// Prints as 32x32x1.
inline std::ostream& operator<<(std::ostream& out, const ImageSize& s) {
  return out << s.height << 'x' << s.width << 'x' << s.channels;
}

/// Images on the host, [N, H, W, C], channels contiguous: float ones in [-1, 1] unless said otherwise, uint8 ones
/// 0..255. What `data` and `io` speak, and what `sample` returns.
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

}  // namespace hush
