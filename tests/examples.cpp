#include <doctest/doctest.h>

#include <stdexcept>

#include <hush/examples.hpp>

using namespace hush;

TEST_CASE("given: pictures and masks that fit pass") {
  CHECK_NOTHROW(check_pictures("it", Images<float>(2, 3, 4, 1), 2, {3, 4, 3}, 1));
  CHECK_NOTHROW(check_holes("it", Images<float>(1, 1, 2, 1, {0, 1}), 9, {1, 2, 3}));
  CHECK_NOTHROW(check_holes("it", Images<float>(2, 1, 2, 1, {0, 1, 1, 1}), 2, {1, 2, 3}));
}

TEST_CASE("given: pixels outside the range are refused where they are known") {
  const Images<float> bytes(2, 1, 2, 1, {0, 1, 0, 255}), hole(2, 1, 2, 1, {1, 0, 0, 1});
  CHECK_THROWS_WITH_AS(check_pictures("it", bytes, 2, {1, 2, 1}, 1),
                       "[it] picture 1 has a value of 255 at row 0, column 1, channel 0, wanted are values in [-1, 1]",
                       std::invalid_argument);
  CHECK_NOTHROW(check_pictures("it", bytes, 2, {1, 2, 1}, 1, {0, 255}));
  CHECK_NOTHROW(check_masked("it", {bytes, hole}, 2, {1, 2, 1}));  // only its hole shows 255
  CHECK_THROWS_WITH_AS(check_masked("it", {bytes, Images<float>(1, 1, 2, 1, {1, 0})}, 2, {1, 2, 1}),
                       "[it] picture 1 has a value of 255 at row 0, column 1, channel 0, wanted are values in [-1, 1]",
                       std::invalid_argument);
}

TEST_CASE("given: others are refused in words") {
  CHECK_THROWS_WITH_AS(check_pictures("it", Images<float>(2, 3, 4, 1), 3, {3, 4, 3}, 1),
                       "[it] 2 pictures are given for 3 images", std::invalid_argument);
  CHECK_THROWS_WITH_AS(check_pictures("it", Images<float>(2, 3, 4, 1), 2, {3, 4, 1}, 3),
                       "[it] the pictures given are 3x4x1, wanted are 3x4x3", std::invalid_argument);
  CHECK_THROWS_WITH_AS(check_holes("it", Images<float>(2, 1, 2, 1, {0, 1, 0, 0}), 2, {1, 2, 3}),
                       "[it] mask 1 is 0 everywhere: there is nothing to restore", std::invalid_argument);
  CHECK_THROWS_WITH_AS(check_holes("it", Images<float>(1, 1, 2, 1, {0, 2}), 2, {1, 2, 3}),
                       "[it] a mask holds 1 where pixels are unknown and 0 elsewhere, mask 0 has 2",
                       std::invalid_argument);
  CHECK_THROWS_AS(check_holes("it", Images<float>(1, 1, 2, 3), 2, {1, 2, 3}), std::invalid_argument);
  CHECK_THROWS_AS(check_holes("it", Images<float>(0, 1, 2, 1), 2, {1, 2, 3}), std::invalid_argument);
}
