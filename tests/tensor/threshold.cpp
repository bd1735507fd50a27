#include <hush/tensor/threshold.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/threshold.hpp>

using namespace hush;
using Wide = Cpu<double>;

namespace {

std::vector<double> random(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, 2);
  std::vector<double> values(count);
  for (double& v : values) v = normal(engine);
  return values;
}
struct Rule {
  double ratio = .995, largest = INFINITY;
};
std::vector<double> thresholded(const Rule& rule, const Shape& shape, const std::vector<double>& values,
                                const Wide& on = {}) {
  Tensor<Wide> x = upload(on, shape, std::span<const double>(values));
  threshold(x, rule.ratio, rule.largest);
  return download<double>(x);
}

}  // namespace

TEST_CASE("threshold: the quantile is that of a sorted list, linear in between, for each image alone") {
  for (const std::int64_t stride : {1, 2, 5, 64, 65, 301})
    for (const double ratio : {0., .3, .5, .87, .995, 1.}) {
      CAPTURE(stride);
      CAPTURE(ratio);
      const auto x = random(std::size_t(3 * stride), unsigned(stride));
      const auto found = thresholded({.ratio = ratio}, {3, stride}, x, Wide{.threads = 2});
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

TEST_CASE("threshold: by hand, and torch.quantile's number") {
  // |x| in order: 0, 1, 2, 4, 8; three quarters of the way is 4.
  const std::vector<double> x{-8, 1, 0, 4, -2};
  CHECK(thresholded({.ratio = .75}, {1, 5}, x) == std::vector<double>{-1, .25, 0, 1, -.5});
  CHECK(thresholded({.ratio = .75, .largest = 2}, {1, 5}, x) == std::vector<double>{-1, .5, 0, 1, -1});
  // What lies within [-1, 1] stays; where largest is below 1, it wins.
  CHECK(thresholded({}, {1, 3}, {-.5, .25, 1}) == std::vector<double>{-.5, .25, 1});
  CHECK(thresholded({.ratio = .87, .largest = .5}, {1, 3}, {-.25, .25, 1}) == std::vector<double>{-.5, .5, 1});
  // torch.quantile(torch.tensor([0., 1, 2, 4, 8]), .87) = 5.92
  CHECK(thresholded({.ratio = .87}, {1, 5}, x)[1] == doctest::Approx(1 / 5.92).epsilon(1e-12));
}

TEST_CASE("threshold: numbers that are none do no harm to other images") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  std::vector<double> x = random(2 * 70, 4);
  const auto wanted = thresholded({.ratio = .5}, {2, 70}, x);
  for (std::size_t i = 0; i < 70; i += 3) x[i] = i % 2 ? nan : -inf;
  const auto found = thresholded({.ratio = .5}, {2, 70}, x);
  CHECK(std::equal(found.begin() + 70, found.end(), wanted.begin() + 70));
}

TEST_CASE("threshold: bad rules are refused, empty batches are not") {
  CHECK_THROWS_WITH_AS(thresholded({.ratio = 1.5}, {1, 1}, {0}), "[threshold] ratio must be in [0, 1], got 1.5",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(thresholded({.ratio = NAN}, {1, 1}, {0}), "[threshold] ratio must be in [0, 1], got nan",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(thresholded({.largest = 0}, {1, 1}, {0}), "[threshold] largest must be more than 0, got 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(thresholded({}, {}, {0}), "[threshold] wants a batch of images, got []", std::invalid_argument);
  CHECK(thresholded({}, {0, 3}, {}).empty());
}
