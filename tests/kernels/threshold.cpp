#include <hush/kernels/threshold.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/threshold.hpp>

using namespace hush;
using Wide = Cpu<double>;

namespace {

struct Rule {
  double ratio = .995, largest = INFINITY;
};
std::vector<double> thresholded(const Rule& rule, const Shape& shape, const std::vector<double>& values) {
  Tensor<Wide> x = upload(Wide{}, shape, std::span<const double>(values));
  threshold(x, rule.ratio, rule.largest);
  return download<double>(x);
}

}  // namespace

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
