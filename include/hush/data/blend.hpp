#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/images.hpp>

namespace hush::data {

/// Masks [N, H, W, 1] with soft edges (feathering): 1 in a hole, and outside less and less, to 0 beyond `width` pixels
/// away from it: 1 - d / (width + 1) at the distance d between the centres of pixels. A hole itself is made anew whole,
/// as what stands in it is not wanted. Throws std::invalid_argument for a width that is not in 0..1024.
inline Images<float> feathered(const Images<float>& holes, std::int64_t width) {
  check(width >= 0 && width <= 1024, "feathered", "a width of ", width, " pixels is not in 0..1024");
  check(holes.channels == 1, "feathered", "masks have 1 channel, not ", holes.channels);
  Images<float> out = holes;
  const std::int64_t h = holes.height, w = holes.width, far = width + 1;
  std::vector<std::int64_t> along(static_cast<std::size_t>(h * w));  // from a pixel to the hole in its row, at most far
  for (std::int64_t i = 0; i < holes.count; ++i) {
    const auto sweep = [&](std::int64_t y, std::int64_t first, std::int64_t step) {
      std::int64_t away = far;
      for (std::int64_t x = first; x >= 0 && x < w; x += step) {
        away = holes[i][std::size_t(y * w + x)] > 0 ? 0 : std::min(away + 1, far);
        std::int64_t& nearest = along[std::size_t(y * w + x)];
        nearest = std::min(nearest, away);
      }
    };
    std::fill(along.begin(), along.end(), far);
    for (std::int64_t y = 0; y < h; ++y) sweep(y, 0, 1), sweep(y, w - 1, -1);
    for (std::int64_t y = 0; y < h; ++y)
      for (std::int64_t x = 0; x < w; ++x) {
        std::int64_t least = far * far;
        for (std::int64_t v = std::max<std::int64_t>(0, y - width); v <= std::min(h - 1, y + width); ++v) {
          const std::int64_t dx = along[std::size_t(v * w + x)];
          least = std::min(least, (v - y) * (v - y) + dx * dx);
        }
        if (least > 0) out[i][std::size_t(y * w + x)] = float(1 - std::sqrt(double(least)) / double(far));
      }
  }
  return out;
}

/// The pixels of a soft mask that are made at all: 1 where it is above 0.
inline Images<float> hole_of(const Images<float>& alpha) {
  Images<float> hole = alpha;
  for (float& value : hole.pixels) value = value > 0 ? 1.f : 0.f;
  return hole;
}

/// Pictures laid over others of their size, [N, H, W, C]: `alpha` [N, H, W, 1] or [1, H, W, 1] is the share of `made`
/// in each pixel. At 0 it is the other's byte, at 1 that of `made`. Throws std::invalid_argument for other extents.
inline Images<std::uint8_t> blend(const Images<std::uint8_t>& given, const Images<std::uint8_t>& made,
                                  const Images<float>& alpha) {
  const ImageSize size{given.height, given.width, given.channels};
  check(given.count == made.count && size == ImageSize{made.height, made.width, made.channels}, "blend", given.count,
        " pictures of ", size, " and ", made.count, " of ", ImageSize{made.height, made.width, made.channels});
  check((alpha.count == given.count || alpha.count == 1) && alpha.height == given.height &&
            alpha.width == given.width && alpha.channels == 1,
        "blend", "pictures of ", size, " and ", alpha.count, " masks of ",
        ImageSize{alpha.height, alpha.width, alpha.channels});
  Images<std::uint8_t> out = given;
  for (std::int64_t i = 0; i < out.count; ++i) {
    const auto share = alpha[alpha.count == 1 ? 0 : i];
    for (std::size_t p = 0; p < out[i].size(); ++p) {
      const float from = given[i][p], to = made[i][p], part = share[p / std::size_t(given.channels)];
      out[i][p] = std::uint8_t(from + part * (to - from) + .5f);
    }
  }
  return out;
}

}  // namespace hush::data
