#include <doctest/doctest.h>

#include <cmath>
#include <hush/io/pixels.hpp>
#include <hush/metrics/colourfulness.hpp>

#include "metrics/golden_pictures.hpp"

using namespace hush;
using namespace hush::metrics;

TEST_CASE("colourfulness: what numpy says, the same for bytes and for floats") {
  int colour = 0;
  for (const GoldenPair& pair : golden_pairs()) {
    if (pair.says["colourfulness"].is_null()) continue;
    const double wanted = pair.says["colourfulness"];
    CHECK(std::abs(colourfulness(pair.made).mean() - wanted) < 1e-9);
    CHECK(std::abs(colourfulness(io::to_floats(pair.made)).mean() - wanted) < 1e-4);
    ++colour;
  }
  CHECK(colour == 4);
}

TEST_CASE("colourfulness: by hand, for each picture") {
  const Images<std::uint8_t> images(3, 1, 2, 3,
                                    {7, 7, 7, 200, 200, 200,  // grey
                                     255, 0, 0, 255, 0, 0,    // red only: no deviation
                                     10, 0, 5, 0, 10, 5});    // R - G is 10 and -10, the rest 0
  const PerImage found = colourfulness(images);
  REQUIRE(found.values.size() == 3);
  CHECK(found.values[0] == 0);
  CHECK(found.values[1] == doctest::Approx(0.3 * 255 * std::sqrt(1.25)).epsilon(1e-12));
  CHECK(found.values[2] == 10);
}

TEST_CASE("colourfulness: what cannot be measured is refused in words") {
  CHECK_THROWS_WITH_AS(colourfulness(Images<float>(1, 2, 2, 1)),
                       "[colourfulness] wants the 3 channels red, green and blue, got 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(colourfulness(Images<std::uint8_t>(0, 2, 2, 3)),
                       "[colourfulness] there is nothing to measure in images of 0 x 2 x 2 x 3", std::invalid_argument);
  CHECK_THROWS_WITH_AS(colourfulness(Images<float>(1, 1, 1, 3, {0, 0, NAN})),
                       "[colourfulness] image 0 has nan in row 0, column 0, channel 2", std::invalid_argument);
}
