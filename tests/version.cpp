#include <doctest/doctest.h>
#include <hush/version.hpp>

TEST_CASE("version: the number for the preprocessor and the struct say the same") {
  CHECK(hush::version.major_part * 10000 + hush::version.minor_part * 100 + hush::version.patch_part == HUSH_VERSION);
  CHECK(hush::version.minor_part < 100);
  CHECK(hush::version.patch_part < 100);
}

TEST_CASE("version: orders as semantic versions do") {
  CHECK(hush::Version{0, 2, 0} > hush::Version{0, 1, 9});
  CHECK(hush::Version{1, 0, 0} > hush::Version{0, 99, 99});
}
