#include <hush/cpu/threshold.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace hush;

namespace {

std::vector<double> random(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, 2);
  std::vector<double> values(count);
  for (double& v : values) v = normal(engine);
  return values;
}
std::vector<double> thresholded(double ratio, std::int64_t images, std::int64_t stride, std::vector<double> x) {
  threshold_images(Cpu<double>{.threads = 2}, images, stride, ratio, INFINITY, x.data());
  return x;
}

}  // namespace

TEST_CASE("cpu threshold: the quantile is that of a sorted list, linear in between, for each image alone") {
  for (const std::int64_t stride : {1, 2, 5, 64, 65, 301})
    for (const double ratio : {0., .3, .5, .87, .995, 1.}) {
      CAPTURE(stride);
      CAPTURE(ratio);
      const auto x = random(std::size_t(3 * stride), unsigned(stride));
      const auto found = thresholded(ratio, 3, stride, x);
      for (std::int64_t image = 0; image < 3; ++image) {
        std::vector<double> sorted;
        for (std::int64_t i = 0; i < stride; ++i) sorted.push_back(std::abs(x[std::size_t(image * stride + i)]));
        std::sort(sorted.begin(), sorted.end());
        const double place = ratio * double(stride - 1);
        const auto lower = std::size_t(place), upper = std::min(lower + 1, sorted.size() - 1);
        const double part = place - double(lower);
        const double s = std::max(1., (1 - part) * sorted[lower] + part * sorted[upper]);
        for (std::int64_t i = image * stride; i < (image + 1) * stride; ++i)
          CHECK(found[std::size_t(i)] == doctest::Approx(std::clamp(x[std::size_t(i)], -s, s) / s).epsilon(1e-12));
      }
    }
}

TEST_CASE("cpu threshold: numbers that are none do no harm to other images") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  std::vector<double> x = random(2 * 70, 4);
  const auto wanted = thresholded(.5, 2, 70, x);
  for (std::size_t i = 0; i < 70; i += 3) x[i] = i % 2 ? nan : -inf;
  const auto found = thresholded(.5, 2, 70, x);
  CHECK(std::equal(found.begin() + 70, found.end(), wanted.begin() + 70));
}
