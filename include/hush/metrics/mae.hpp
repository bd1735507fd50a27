#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hush/images.hpp>
#include <hush/metrics/per_image.hpp>

namespace hush::metrics {

/// The mean absolute error of each picture [H, W, C] over its pixels and channels, in the pixels' own unit: up to 2 for
/// float in [-1, 1], up to 255 for bytes. Throws std::invalid_argument for different extents, no pixels, NaN.
template <Pixel T>
PerImage mae(const Images<T>& made, const Images<T>& truth) {
  check_pair("mae", made, truth);
  PerImage errors;
  for (std::int64_t i = 0; i < made.count; ++i) {
    const std::span<const T> a = made[i], b = truth[i];
    double sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) sum += std::abs(double(a[j]) - double(b[j]));
    errors.values.push_back(sum / double(a.size()));
  }
  return errors;
}

/// The mean absolute error over the hole of each picture only: `holes` [N, H, W, 1], or [1, H, W, 1] for all, 1 where
/// pixels were unknown and 0 elsewhere. Throws std::invalid_argument also for holes of another size, other values, and
/// none at all.
template <Pixel T>
PerImage mae(const Images<T>& made, const Images<T>& truth, const Images<float>& holes) {
  check_pair("mae", made, truth);
  check(holes.height == made.height && holes.width == made.width && holes.channels == 1 &&
            (holes.count == made.count || holes.count == 1),
        "mae", "the mask is ", extents(holes), ", wanted is ", made.count, " or 1 x ", made.height, " x ", made.width,
        " x 1");
  PerImage errors;
  for (std::int64_t i = 0; i < made.count; ++i) {
    const std::int64_t which = holes.count == 1 ? 0 : i;
    check_mask("mae", holes, which, "there is no hole to measure");
    const T *a = made[i].data(), *b = truth[i].data();
    double sum = 0;
    std::int64_t unknown = 0;
    for (const float masked : holes[which]) {
      for (std::int64_t c = 0; c < made.channels; ++c, ++a, ++b)
        if (masked == 1) sum += std::abs(double(*a) - double(*b));
      unknown += masked == 1;
    }
    errors.values.push_back(sum / double(unknown * made.channels));
  }
  return errors;
}

}  // namespace hush::metrics
