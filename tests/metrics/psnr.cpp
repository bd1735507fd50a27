#include <doctest/doctest.h>

#include <cmath>
#include <hush/io/pixels.hpp>
#include <hush/metrics/psnr.hpp>

#include "metrics/golden_pictures.hpp"

using namespace hush;
using namespace hush::metrics;

TEST_CASE("psnr: closed forms, and infinity for equal pictures") {
  const Images<std::uint8_t> black(2, 2, 2, 3), other(2, 2, 2, 3, [] {
    std::vector<std::uint8_t> values(24);
    std::fill(values.begin() + 12, values.end(), 255);
    return values;
  }());
  const PerImage found = psnr(other, black);
  CHECK(std::isinf(found.values[0]));
  CHECK(found.values[0] > 0);
  CHECK(found.values[1] == 0);  // an error as large as the range
  CHECK(psnr(Images<float>(1, 1, 2, 1, {0.2f, -0.2f}), Images<float>(1, 1, 2, 1)).mean() ==
        doctest::Approx(20).epsilon(1e-6));
}

TEST_CASE("psnr: what scikit-image says, the same for bytes and for floats") {
  for (const GoldenPair& pair : golden_pairs()) {
    const double wanted = pair.says["psnr"];
    CHECK(std::abs(psnr(pair.made, pair.truth).mean() - wanted) < 1e-9);
    CHECK(std::abs(psnr(io::to_floats(pair.made), io::to_floats(pair.truth)).mean() - wanted) < 1e-5);
  }
}

TEST_CASE("psnr: what cannot be measured is refused in words") {
  const Images<float> four(1, 2, 2, 1);
  CHECK_THROWS_WITH_AS(psnr(four, Images<float>(1, 2, 2, 3)),
                       "[psnr] the images are 1 x 2 x 2 x 1, the truth is 1 x 2 x 2 x 3", std::invalid_argument);
  CHECK_THROWS_WITH_AS(psnr(Images<float>(0, 2, 2, 1), Images<float>(0, 2, 2, 1)),
                       "[psnr] there is nothing to measure in images of 0 x 2 x 2 x 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(psnr(four, Images<float>(1, 2, 2, 1, {0, 0, 0, NAN})),
                       "[psnr] image 0 has nan in row 1, column 1, channel 0", std::invalid_argument);
}
