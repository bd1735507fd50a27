#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <hush/images.hpp>

TEST_CASE("images: new ones are as large as they say, and zero") {
  const hush::Images<float> images(2, 3, 4, 5);
  CHECK(images.stride() == 60);
  CHECK(images.pixels.size() == 120);
  CHECK(images.pixels[119] == 0);
}

TEST_CASE("images: image i is the i-th run of pixels, and writing to it writes to them") {
  hush::Images<int> images(2, 1, 2, 1, {1, 2, 3, 4});
  CHECK(std::as_const(images)[1][0] == 3);
  images[1][1] = 9;
  CHECK(images.pixels == std::vector<int>{1, 2, 3, 9});
  CHECK(images[0].size() == 2);
}

TEST_CASE("images: pixels that do not match the sizes are refused with both numbers") {
  CHECK_THROWS_WITH_AS(hush::Images<int>(2, 2, 2, 1, {1, 2, 3}), "[Images] 2 x 2 x 2 x 1 wants 8 pixels, got 3",
                       std::invalid_argument);
}

TEST_CASE("images: a negative extent is refused, none at all is an empty set") {
  CHECK_THROWS_AS(hush::Images<float>(-1, 2, 2, 1), std::invalid_argument);
  CHECK_THROWS_AS(hush::Images<float>(1, 2, 2, -1), std::invalid_argument);
  CHECK(hush::Images<float>(0, 28, 28, 1).pixels.empty());
  CHECK(hush::Images<float>() == hush::Images<float>(0, 0, 0, 1));
}

using namespace hush;

TEST_CASE("pixel range: half a byte's step beyond it is rounding, more is not") {
  Images<float> images(2, 2, 2, 3);
  CHECK(pixel_fault(images, 1, {}).empty());
  const auto fault = [&](float value, const PixelRange& range) {
    images[1][7] = value;
    return pixel_fault(images, 1, range);
  };
  CHECK(fault(1, {}).empty());
  CHECK(fault(-1, {}).empty());
  CHECK(fault(1 + .99f / 255, {}).empty());  // bytes are 2 / 255 apart
  CHECK(fault(-1 - .99f / 255, {}).empty());
  CHECK(fault(1.25f, {}) == "has a value of 1.25 at row 1, column 0, channel 1, wanted are values in [-1, 1]");
  CHECK(fault(-1 - 1.01f / 255, {}) != "");
  CHECK(pixel_fault(images, 0, {}).empty());
  CHECK(fault(-.01f, {0, 1}) != "");
  CHECK(fault(.5f, {0, 1}).empty());
  CHECK(fault(200, {0, 255}).empty());
  CHECK(fault(256, {0, 255}) != "");
}

TEST_CASE("pixel range: what is not finite is in none, every other number in any()") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (const PixelRange& range : {PixelRange{}, PixelRange{0, 1}, PixelRange::any()})
    for (const float value : {inf, -inf, nan, -nan}) {
      const Images<float> image(1, 1, 3, 1, {0, value, 0});
      CHECK(pixel_fault(image, 0, range).find("at row 0, column 1, channel 0") != std::string::npos);
    }
  const float most = std::numeric_limits<float>::max();
  CHECK(pixel_fault(Images<float>(1, 1, 4, 1, {most, -most, 1e-45f, 0}), 0, PixelRange::any()).empty());
}

TEST_CASE("images: as many pixels as the extents say, or they are refused") {
  Images<float> images(2, 3, 4, 1);
  CHECK_NOTHROW(check_filled("it", images));
  images.count = 3;
  CHECK_THROWS_WITH_AS(check_filled("it", images), "[it] 3 images of 3x4x1 cannot have 24 values",
                       std::invalid_argument);
}

TEST_CASE("images: a mask is zeros and ones, one of them at least 1") {
  const Images<float> masks(4, 1, 2, 1, {0, 1, 0, 0, 1, .5f, 0, std::nanf("")});
  CHECK_NOTHROW(check_mask("it", masks, 0));
  CHECK_THROWS_WITH_AS(check_mask("it", masks, 1), "[it] mask 1 is 0 everywhere: there is nothing to restore",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(check_mask("it", masks, 1, "no"), "[it] mask 1 is 0 everywhere: no", std::invalid_argument);
  CHECK_THROWS_WITH_AS(check_mask("it", masks, 2),
                       "[it] a mask holds 1 where pixels are unknown and 0 elsewhere, mask 2 has 0.5",
                       std::invalid_argument);
  CHECK_THROWS_AS(check_mask("it", masks, 3), std::invalid_argument);
}
