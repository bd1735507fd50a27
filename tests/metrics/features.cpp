#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <hush/metrics/features.hpp>
#include <limits>

using namespace hush;
using namespace hush::metrics;

namespace {
/// The brightest and the darkest pixel.
struct Extremes {
  FeatureSet operator()(const Images<float>& images) const {
    std::vector<float> values;
    for (std::int64_t i = 0; i < images.count; ++i) {
      const auto [low, high] = std::ranges::minmax_element(images[i]);
      values.push_back(*low), values.push_back(*high);
    }
    return {images.count, 2, std::span<const float>(values)};
  }
};
static_assert(Features<Extremes>);
static_assert(!Features<int>);
}  // namespace

TEST_CASE("features: anything that makes vectors of images") {
  const Images<float> images(2, 1, 3, 1, {-1, 0, 0.5f, 1, 0.25f, 0});
  CHECK(Extremes{}(images) == FeatureSet(2, 2, std::vector<double>{-1, 0.5, 0, 1}));
  CHECK(Pixels{}(images) == FeatureSet(2, 3, std::vector<double>{0, 0.5, 0.75, 1, 0.625, 0.5}));
  CHECK(Pixels{}(images)[1][1] == 0.625);
}

TEST_CASE("features: what makes no rows, or is not finite, is refused in words") {
  CHECK_THROWS_WITH_AS(FeatureSet(2, 3, std::vector<double>(5)),
                       "[FeatureSet] 2 vectors of 3 numbers want 6 values, got 5", std::invalid_argument);
  CHECK_THROWS_WITH_AS(FeatureSet(2, 0, std::vector<double>{}), "[FeatureSet] cannot hold 2 vectors of 0 numbers",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(FeatureSet(-1, 2, std::vector<double>{}), "[FeatureSet] cannot hold -1 vectors of 2 numbers",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(FeatureSet(2, 2, std::vector<double>{0, 1, 2, std::numeric_limits<double>::infinity()}),
                       "[FeatureSet] number 1 of vector 1 is inf", std::invalid_argument);
  CHECK_THROWS_AS(FeatureSet(1, 1, std::vector<double>{NAN}), std::invalid_argument);
}
