#include <doctest/doctest.h>

#include <cmath>
#include <hush/io/pixels.hpp>
#include <hush/metrics/ssim.hpp>
#include <numeric>

#include "metrics/golden_pictures.hpp"

using namespace hush;
using namespace hush::metrics;

TEST_CASE("ssim: what scikit-image says to 1e-6, with both windows, the same for bytes and for floats") {
  int gaussian = 0;
  for (const GoldenPair& pair : golden_pairs()) {
    const Images<float> made = io::to_floats(pair.made), truth = io::to_floats(pair.truth);
    CHECK(std::abs(ssim(pair.made, pair.truth).mean() - pair.says["ssim"].get<double>()) < 1e-9);
    CHECK(std::abs(ssim(made, truth).mean() - pair.says["ssim"].get<double>()) < 1e-6);
    if (pair.says["ssim_gaussian"].is_null()) continue;
    const SsimWindow window = gaussian_window();
    CHECK(std::abs(ssim(pair.made, pair.truth, window).mean() - pair.says["ssim_gaussian"].get<double>()) < 1e-9);
    CHECK(std::abs(ssim(made, truth, window).mean() - pair.says["ssim_gaussian"].get<double>()) < 1e-6);
    ++gaussian;
  }
  CHECK(gaussian == 4);
}

TEST_CASE("ssim: the windows") {
  CHECK(gaussian_window().weights.size() == 11);
  CHECK(gaussian_window(0.5).weights.size() == 5);
  CHECK(gaussian_window().covariance_scale == 1);
  CHECK(uniform_window().weights == std::vector<double>(7, 1. / 7));
  CHECK(uniform_window().covariance_scale == 49. / 48);
  const std::vector<double> weights = gaussian_window().weights;
  CHECK(std::accumulate(weights.begin(), weights.end(), 0.) == doctest::Approx(1).epsilon(1e-14));
  CHECK(weights[4] / weights[5] == doctest::Approx(std::exp(-1 / 4.5)));
}

TEST_CASE("ssim: each picture has its own, equal ones 1, and it is symmetric") {
  const std::vector<GoldenPair> pairs = golden_pairs();
  const GoldenPair& one = pairs[0];
  Images<std::uint8_t> made(2, one.made.height, one.made.width, 3), truth = made;
  std::ranges::copy(one.made.pixels, made[0].begin());
  std::ranges::copy(one.truth.pixels, truth[0].begin());
  std::ranges::copy(one.made.pixels, made[1].begin());
  std::ranges::copy(one.made.pixels, truth[1].begin());
  const PerImage found = ssim(made, truth);
  REQUIRE(found.values.size() == 2);
  CHECK(found.values[0] == ssim(one.made, one.truth).mean());
  CHECK(found.values[1] == doctest::Approx(1).epsilon(1e-12));
  CHECK(ssim(truth, made).values[0] == doctest::Approx(found.values[0]).epsilon(1e-12));
}

TEST_CASE("ssim: flat pictures by hand") {
  // No variance anywhere: what is left is the comparison of the means.
  Images<std::uint8_t> grey(1, 9, 8, 1), bright = grey;
  std::ranges::fill(grey.pixels, std::uint8_t(100));
  std::ranges::fill(bright.pixels, std::uint8_t(200));
  const double c1 = 2.55 * 2.55;
  CHECK(ssim(grey, bright).mean() == doctest::Approx((2 * 100 * 200. + c1) / (100 * 100. + 200 * 200. + c1)));
}

TEST_CASE("ssim: what cannot be measured is refused in words") {
  const Images<float> small(1, 6, 20, 1), wide(1, 10, 20, 1);
  CHECK_THROWS_WITH_AS(ssim(small, small), "[ssim] images of 6 x 20 are smaller than the window of 7 x 7",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(ssim(wide, wide, gaussian_window()),
                       "[ssim] images of 10 x 20 are smaller than the window of 11 x 11", std::invalid_argument);
  CHECK_THROWS_WITH_AS(ssim(small, wide), "[ssim] the images are 1 x 6 x 20 x 1, the truth is 1 x 10 x 20 x 1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(ssim(wide, wide, SsimWindow{{0.5, 0.5}}), "[ssim] the side of the window must be odd, is 2",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(ssim(wide, wide, SsimWindow{}), "[ssim] the side of the window must be odd, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(uniform_window(4), "[uniform_window] the side must be odd and at least 3, is 4",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(uniform_window(1), "[uniform_window] the side must be odd and at least 3, is 1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(gaussian_window(0), "[gaussian_window] sigma must be above 0 and at most 1000, is 0",
                       std::invalid_argument);
  CHECK_THROWS_AS(gaussian_window(NAN), std::invalid_argument);
  Images<float> bad = wide;
  bad.pixels[45] = NAN;
  CHECK_THROWS_WITH_AS(ssim(bad, wide), "[ssim] image 0 has nan in row 2, column 5, channel 0", std::invalid_argument);
}
