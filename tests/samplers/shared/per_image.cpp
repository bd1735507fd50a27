#include <hush/samplers/shared/per_image.hpp>

#include <doctest/doctest.h>

TEST_CASE("by norms: a number is an image of one pixel, whose norm is its magnitude") {
  const auto ratio = [](double a, double b) { return a / b; };
  CHECK(hush::by_norms(ratio, -3, 2, 5) == 7.5);
  CHECK(hush::by_norms(ratio, 3, -2, -5) == -7.5);
}
