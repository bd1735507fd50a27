#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hush/images.hpp>
#include <hush/metrics/per_image.hpp>

namespace hush::metrics {

/// The peak signal-to-noise ratio of each picture in decibels, 10 log10(range^2 / mean squared error), the range that
/// from black to white. Equal pictures have infinity, and then so has the mean. Throws std::invalid_argument for
/// different extents, no pixels, NaN.
template <Pixel T>
PerImage psnr(const Images<T>& made, const Images<T>& truth) {
  check_pair("psnr", made, truth);
  PerImage ratios;
  for (std::int64_t i = 0; i < made.count; ++i) {
    const std::span<const T> a = made[i], b = truth[i];
    double sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) sum += (double(a[j]) - double(b[j])) * (double(a[j]) - double(b[j]));
    ratios.values.push_back(10 * std::log10(full_range<T> * full_range<T> * double(a.size()) / sum));
  }
  return ratios;
}

}  // namespace hush::metrics
