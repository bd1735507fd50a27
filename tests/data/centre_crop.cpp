#include <doctest/doctest.h>

#include <stdexcept>
#include <tuple>

#include <hush/data/centre_crop.hpp>

using namespace hush;
using data::Box;

namespace {

bool operator==(const Box& a, const Box& b) {
  return std::tie(a.top, a.left, a.height, a.width) == std::tie(b.top, b.left, b.height, b.width);
}

}  // namespace

TEST_CASE("centre crop: the largest box of that aspect, in the middle") {
  CHECK((data::centre_crop_box(100, 200, 32, 32) == Box{0, 50, 100, 100}));
  CHECK((data::centre_crop_box(200, 100, 32, 32) == Box{50, 0, 100, 100}));
  CHECK((data::centre_crop_box(100, 200, 64, 128) == Box{0, 0, 100, 200}));
  CHECK((data::centre_crop_box(30, 30, 20, 10) == Box{0, 7, 30, 15}));  // 15 are cut off, one more on the right
  CHECK((data::centre_crop_box(30, 31, 20, 20) == Box{0, 0, 30, 30}));
  CHECK((data::centre_crop_box(10, 10, 3, 7) == Box{3, 0, 4, 10}));      // 10 * 3 / 7 is 4.3
  CHECK((data::centre_crop_box(1, 1000, 500, 1) == Box{0, 499, 1, 1}));  // never less than a pixel
  CHECK_THROWS_WITH_AS(data::centre_crop_box(0, 4, 2, 2), "[centre_crop] cannot cut 2 x 2 out of 0 x 4",
                       std::invalid_argument);
  CHECK_THROWS_AS(data::centre_crop_box(4, 4, 0, 2), std::invalid_argument);
}

TEST_CASE("centre crop: the pixels of that box, of each image and channel") {
  Images<int> images(2, 2, 4, 2);
  for (std::size_t i = 0; i < images.pixels.size(); ++i) images.pixels[i] = int(i);
  CHECK(data::centre_crop(images, 8, 8) ==
        Images<int>(2, 2, 2, 2, {2, 3, 4, 5, 10, 11, 12, 13, 18, 19, 20, 21, 26, 27, 28, 29}));
  CHECK(data::centre_crop(images, 2, 4) == images);
  const std::int64_t most = std::int64_t(1) << 30;
  CHECK(data::centre_crop_box(most, most, most, 1).width == 1);
  CHECK_THROWS_AS(data::centre_crop_box(16384, 16384, std::int64_t(1) << 50, 1), std::invalid_argument);
}
