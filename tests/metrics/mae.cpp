#include <doctest/doctest.h>

#include <cmath>
#include <hush/io/pixels.hpp>
#include <hush/metrics/mae.hpp>
#include <hush/metrics/per_image.hpp>
#include <limits>

#include "metrics/golden_pictures.hpp"

using namespace hush;
using namespace hush::metrics;

TEST_CASE("mae: by hand, for each picture and on average") {
  const Images<float> made(2, 1, 2, 2, {0, 0.5f, -1, 1, 0.25f, 0, 0, 0}), truth(2, 1, 2, 2, {0, 0, 1, 1, 0, 0, 0, 0});
  CHECK(mae(made, truth) == PerImage{{0.625, 0.0625}});
  CHECK(mae(made, truth).mean() == 0.34375);
  CHECK(mae(truth, truth) == PerImage{{0, 0}});
  CHECK(mae(Images<std::uint8_t>(1, 1, 2, 1, {0, 255}), Images<std::uint8_t>(1, 1, 2, 1, {255, 250})) ==
        PerImage{{130}});
}

TEST_CASE("mae: what numpy says, in the units of bytes and of floats") {
  for (const GoldenPair& pair : golden_pairs()) {
    const double wanted = pair.says["mae"];
    CHECK(mae(pair.made, pair.truth).mean() == doctest::Approx(wanted).epsilon(1e-12));
    CHECK(std::abs(mae(io::to_floats(pair.made), io::to_floats(pair.truth)).mean() - wanted / 127.5) < 1e-6);
  }
}

TEST_CASE("mae: in the hole only its pixels count, whatever the rest is") {
  const Images<float> made(2, 1, 3, 2, {1, 1, 0, 0.5f, -1, -1, 0, 0, 0.25f, 0, 0.5f, 0.5f}), truth(2, 1, 3, 2);
  const Images<float> one(1, 1, 3, 1, {0, 1, 0}), each(2, 1, 3, 1, {0, 1, 1, 1, 0, 1});
  CHECK(mae(made, truth, one) == PerImage{{0.25, 0.125}});
  CHECK(mae(made, truth, each) == PerImage{{0.625, 0.25}});
  const Images<float> all(1, 1, 3, 1, {1, 1, 1});
  CHECK(mae(made, truth, all) == mae(made, truth));
}

TEST_CASE("mae: what cannot be measured is refused in words") {
  const Images<float> four(2, 1, 2, 1), holes(2, 1, 2, 1, {1, 1, 0, 0});
  CHECK_THROWS_WITH_AS(mae(four, Images<float>(2, 2, 1, 1)),
                       "[mae] the images are 2 x 1 x 2 x 1, the truth is 2 x 2 x 1 x 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(mae(four, Images<float>(1, 1, 2, 1)),
                       "[mae] the images are 2 x 1 x 2 x 1, the truth is 1 x 1 x 2 x 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(mae(Images<float>{}, Images<float>{}),
                       "[mae] there is nothing to measure in images of 0 x 0 x 0 x 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(mae(Images<float>(3, 0, 2, 1), Images<float>(3, 0, 2, 1)),
                       "[mae] there is nothing to measure in images of 3 x 0 x 2 x 1", std::invalid_argument);
  Images<float> bad(2, 2, 3, 2);
  bad.pixels[22] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(mae(bad, Images<float>(2, 2, 3, 2)), "[mae] image 1 has inf in row 1, column 2, channel 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(mae(Images<float>(2, 2, 3, 2), bad), "[mae] image 1 has inf in row 1, column 2, channel 0",
                       std::invalid_argument);
  bad.pixels[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(mae(bad, bad), "[mae] image 0 has nan in row 0, column 1, channel 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(mae(four, four, holes), "[mae] mask 1 is 0 everywhere: there is no hole to measure",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(mae(four, four, Images<float>(1, 1, 2, 1, {1, 0.5f})),
                       "[mae] a mask holds 1 where pixels are unknown and 0 elsewhere, mask 0 has 0.5",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(mae(four, four, Images<float>(1, 2, 2, 1)),
                       "[mae] the mask is 1 x 2 x 2 x 1, wanted is 2 or 1 x 1 x 2 x 1", std::invalid_argument);
  CHECK_THROWS_AS(mae(four, four, Images<float>(1, 1, 2, 2)), std::invalid_argument);
  CHECK_THROWS_AS(mae(four, four, Images<float>(3, 1, 2, 1)), std::invalid_argument);
  CHECK_THROWS_WITH_AS(PerImage{}.mean(), "[PerImage::mean] there are no pictures to take the mean of",
                       std::invalid_argument);
}
