#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/images.hpp>
#include <hush/metrics/per_image.hpp>

namespace hush::metrics {

/// The window in which ssim compares: the weights of its rows and, the same, of its columns, an odd number of them that
/// sum to 1; variances and covariances are multiplied by `covariance_scale`. `uniform_window` and `gaussian_window`
/// make the two usual ones.
struct SsimWindow {
  std::vector<double> weights;
  double covariance_scale = 1;
};

/// side x side pixels of equal weight, and covariances divided by n - 1: the default of scikit-image's
/// structural_similarity. Throws std::invalid_argument unless the side is odd and at least 3.
inline SsimWindow uniform_window(std::int64_t side = 7) {
  check(side >= 3 && side % 2 == 1, "uniform_window", "the side must be odd and at least 3, is ", side);
  const double n = double(side * side);
  return {std::vector<double>(std::size_t(side), 1 / double(side)), n / (n - 1)};
}

/// A Gaussian cut off at 3.5 sigma, 11 x 11 for 1.5, as in the paper: scikit-image's gaussian_weights=True with
/// use_sample_covariance=False. Throws std::invalid_argument unless 0 < sigma <= 1000.
inline SsimWindow gaussian_window(double sigma = 1.5) {
  check(sigma > 0 && sigma <= 1000, "gaussian_window", "sigma must be above 0 and at most 1000, is ", sigma);
  const int radius = int(3.5 * sigma + 0.5);
  SsimWindow window;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    window.weights.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    sum += window.weights.back();
  }
  for (double& weight : window.weights) weight /= sum;
  return window;
}

namespace detail {

/// A plane [height, width] averaged by weights along rows, then columns, where the whole window fits:
/// [height - n + 1, width - n + 1].
inline std::vector<double> averaged(const std::vector<double>& plane, std::size_t height, std::size_t width,
                                    std::span<const double> weights) {
  const std::size_t n = weights.size(), high = height - n + 1, wide = width - n + 1;
  std::vector<double> rows(height * wide), out(high * wide);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t x = 0; x < wide; ++x) rows[y * wide + x] += weights[k] * plane[y * width + x + k];
  for (std::size_t y = 0; y < high; ++y)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t x = 0; x < wide; ++x) out[y * wide + x] += weights[k] * rows[(y + k) * wide + x];
  return out;
}

/// The mean of the map of similarities of two planes.
inline double plane_ssim(const std::vector<double>& a, const std::vector<double>& b, std::size_t height,
                         std::size_t width, const SsimWindow& window) {
  const auto average = [&](const std::vector<double>& plane) { return averaged(plane, height, width, window.weights); };
  const auto of_products = [&](const std::vector<double>& p, const std::vector<double>& q) {
    std::vector<double> products(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) products[i] = p[i] * q[i];
    return average(products);
  };
  const auto mean_a = average(a), mean_b = average(b);
  const auto aa = of_products(a, a), bb = of_products(b, b), ab = of_products(a, b);
  constexpr double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;  // the paper's K1 and K2
  const double scale = window.covariance_scale;
  double sum = 0;
  for (std::size_t i = 0; i < mean_a.size(); ++i) {
    const double ma = mean_a[i], mb = mean_b[i];
    const double variances = scale * (aa[i] - ma * ma) + scale * (bb[i] - mb * mb), both = scale * (ab[i] - ma * mb);
    sum += (2 * ma * mb + c1) * (2 * both + c2) / ((ma * ma + mb * mb + c1) * (variances + c2));
  }
  return sum / double(mean_a.size());
}

}  // namespace detail

/// The structural similarity of each picture (Wang et al. 2004), at most 1, the mean over channels and all places where
/// the window fits: scikit-image's structural_similarity(data_range=255, channel_axis=-1) of bytes. Float pixels are
/// put on the same scale, not rounded. Throws std::invalid_argument for different extents, images smaller than the
/// window, an even window, NaN.
template <Pixel T>
PerImage ssim(const Images<T>& made, const Images<T>& truth, const SsimWindow& window = uniform_window()) {
  check_pair("ssim", made, truth);
  const auto side = std::int64_t(window.weights.size());
  check(side % 2 == 1, "ssim", "the side of the window must be odd, is ", side);
  check(std::min(made.height, made.width) >= side, "ssim", "images of ", made.height, " x ", made.width,
        " are smaller than the window of ", side, " x ", side);
  const auto height = std::size_t(made.height), width = std::size_t(made.width);
  const auto channels = std::size_t(made.channels);
  const auto plane = [&](std::span<const T> image, std::size_t channel) {
    std::vector<double> levels(height * width);
    for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = level(image[i * channels + channel]);
    return levels;
  };
  PerImage similarities;
  for (std::int64_t i = 0; i < made.count; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c)
      sum += detail::plane_ssim(plane(made[i], c), plane(truth[i], c), height, width, window);
    similarities.values.push_back(sum / double(channels));
  }
  return similarities;
}

}  // namespace hush::metrics
