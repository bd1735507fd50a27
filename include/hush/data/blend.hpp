#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/images.hpp>

namespace hush::data {

namespace detail {

/// Column pass of the exact Euclidean distance transform (Meijster, Roerdink and Hesselink 2000): from `along[y]`, the
/// distance to the nearest hole within row y, the squared distance for each row, as the lower envelope of the parabolas
/// (v - y)^2 + along[v]^2. In whole numbers.
class NearestInColumn {
 public:
  explicit NearestInColumn(std::int64_t height) : of_(std::size_t(height)), from_(std::size_t(height)) {}

  /// Calls found(y, squared distance) for each row, from the last to the first.
  template <class Along, class Found>
  void operator()(const Along& along, const Found& found) {
    const std::int64_t h = std::int64_t(of_.size());
    const auto at = [&](std::int64_t y, std::int64_t v) { return (v - y) * (v - y) + along(v) * along(v); };
    const auto of = [&](std::int64_t i) -> std::int64_t& { return of_[std::size_t(i)]; };
    const auto from = [&](std::int64_t i) -> std::int64_t& { return from_[std::size_t(i)]; };
    std::int64_t last = -1;  // row of(i) is the nearest from row from(i) on
    for (std::int64_t v = 0; v < h; ++v) {
      while (last >= 0 && at(from(last), of(last)) > at(from(last), v)) --last;
      std::int64_t begin = 0;
      if (last >= 0) begin = 1 + (at(0, v) - at(0, of(last))) / (2 * (v - of(last)));
      if (begin < h) {
        ++last;
        of(last) = v;
        from(last) = begin;
      }
    }
    for (std::int64_t y = h - 1; y >= 0; --y) {
      found(y, at(y, of(last)));
      if (y == from(last)) --last;
    }
  }

 private:
  std::vector<std::int64_t> of_, from_;
};

}  // namespace detail

/// Masks [N, H, W, 1] with soft edges (feathering): 1 in a hole, and outside less and less, to 0 beyond `width` pixels
/// away from it: 1 - d / (width + 1) at the distance d between the centres of pixels. The hole itself stays 1, as
/// nothing of its content is kept. Throws std::invalid_argument for a width that is not in 0..1024.
inline Images<float> feathered(const Images<float>& holes, std::int64_t width) {
  check(width >= 0 && width <= 1024, "feathered", "a width of ", width, " pixels is not in 0..1024");
  check(holes.channels == 1, "feathered", "masks have 1 channel, not ", holes.channels);
  check_filled("feathered", holes);
  Images<float> out = holes;
  const std::int64_t h = holes.height, w = holes.width, far = width + 1;
  std::vector<std::int64_t> along(static_cast<std::size_t>(h * w));  // from a pixel to the hole in its row, at most far
  detail::NearestInColumn nearest_in_column(h);
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
    for (std::int64_t y = 0; y < h; ++y) {
      sweep(y, 0, 1);
      sweep(y, w - 1, -1);
    }
    for (std::int64_t x = 0; x < w; ++x)
      nearest_in_column([&](std::int64_t v) { return along[std::size_t(v * w + x)]; },
                        [&](std::int64_t y, std::int64_t squared) {
                          const double distance = std::sqrt(double(std::min(squared, far * far)));
                          if (squared > 0) out[i][std::size_t(y * w + x)] = float(1 - distance / double(far));
                        });
  }
  return out;
}

/// The pixels of a soft mask that must be generated: 1 where it is above 0.
inline Images<float> hole_of(const Images<float>& alpha) {
  Images<float> hole = alpha;
  for (float& value : hole.pixels) value = value > 0 ? 1.f : 0.f;
  return hole;
}

/// Alpha blending of two sets of pictures [N, H, W, C]: `alpha` [N, H, W, 1] or [1, H, W, 1] is the share of `made` in
/// each pixel. 0 gives the other's byte exactly, 1 that of `made`. Throws std::invalid_argument for other extents, and
/// for a share that is not between 0 and 1.
inline Images<std::uint8_t> blend(const Images<std::uint8_t>& given, const Images<std::uint8_t>& made,
                                  const Images<float>& alpha) {
  const ImageSize size{given.height, given.width, given.channels};
  check(given.count == made.count && size == ImageSize{made.height, made.width, made.channels}, "blend", given.count,
        " pictures of ", size, " and ", made.count, " of ", ImageSize{made.height, made.width, made.channels});
  check((alpha.count == given.count || alpha.count == 1) && alpha.height == given.height &&
            alpha.width == given.width && alpha.channels == 1,
        "blend", "pictures of ", size, " and ", alpha.count, " masks of ",
        ImageSize{alpha.height, alpha.width, alpha.channels});
  check_filled("blend", given);
  check_filled("blend", made);
  check_filled("blend", alpha);
  for (std::int64_t i = 0; i < alpha.count; ++i) {
    const auto odd = std::ranges::find_if_not(alpha[i], [](float share) { return share >= 0 && share <= 1; });
    check(odd == alpha[i].end(), "blend", "mask ", i, " has a share of ", odd == alpha[i].end() ? 0.f : *odd,
          ", wanted are 0 to 1");
  }
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
