#include <doctest/doctest.h>
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
