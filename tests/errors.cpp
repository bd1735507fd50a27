#include <doctest/doctest.h>

#include <hush/errors.hpp>
#include <utility>

TEST_CASE("errors: a FileError says which file, which rule, at which byte, in words and as fields") {
  const hush::FileError error("data/train.gz", "the header wants 16 bytes", 12);
  CHECK(error.path == std::filesystem::path("data/train.gz"));
  CHECK(error.rule == "the header wants 16 bytes");
  CHECK(error.offset == 12);
  CHECK(std::string(error.what()) == "data/train.gz: the header wants 16 bytes (at byte 12)");
}

TEST_CASE("errors: a FileError is a std::runtime_error, with offset 0 unless told") {
  const auto fail = [] { throw hush::FileError("x", "is empty"); };
  CHECK_THROWS_WITH_AS(fail(), "x: is empty", std::runtime_error);
}

TEST_CASE("errors: OutOfMemory is a std::bad_alloc whose words survive copies") {
  const auto fail = [] { throw hush::OutOfMemory("wanted 8 GiB"); };
  CHECK_THROWS_WITH_AS(fail(), "wanted 8 GiB", std::bad_alloc);
  const hush::OutOfMemory one("wanted 8 GiB");
  const hush::OutOfMemory two = one;
  CHECK(std::string(two.what()) == "wanted 8 GiB");
  CHECK(std::is_nothrow_copy_constructible_v<hush::OutOfMemory>);
}
