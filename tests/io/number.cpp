#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <hush/io/number.hpp>

#include "locales.hpp"

using namespace hush;

TEST_CASE("number: digits behind the point and significant digits, rounded and written as C's printf does") {
  CHECK(io::fixed(0.0449, 2) == "0.04");
  CHECK(io::fixed(2.5, 0) == "2");  // ties to even, as the value is exact
  CHECK(io::fixed(-0.04, 1) == "-0.0");
  CHECK(io::fixed(1234567.25, 1) == "1234567.2");
  CHECK(io::fixed(NAN, 3) == "nan");
  CHECK(io::fixed(std::numeric_limits<double>::max(), 6).size() == 309 + 7);
  CHECK(io::general(0.0001, 4) == "0.0001");
  CHECK(io::general(0.00001, 4) == "1e-05");
  CHECK(io::general(123456, 4) == "1.235e+05");
  CHECK(io::general(20000, 7) == "20000");
}

TEST_CASE("number: what is written is read back, and nothing else") {
  for (const double value : {0.1, -1e300, 5e-324, 12345.678, 0.0, double(INFINITY)})
    CHECK(io::read_number(io::number(value)) == value);
  for (const char* text : {"", " 1", "1 ", "1,5", "0.5x", "x", "1e"}) {
    CAPTURE(text);
    CHECK_FALSE(io::read_number(text).has_value());
  }
}

TEST_CASE("number: the same in every locale") {
  for (const char* point : {",", "\xd9\xab"}) {
    const OtherNumbers other(point);
    if (!other.reached_c) MESSAGE("this C library takes no locale of the test's: C++ alone is tested");
    CHECK(io::number(12345.5) == "12345.5");
    CHECK(io::fixed(12345.5, 2) == "12345.50");
    CHECK(io::general(0.5, 4) == "0.5");
    CHECK(io::read_number("12345.5") == 12345.5);
    CHECK_FALSE(io::read_number("12.345,5").has_value());
    CHECK(to_text(12345, ' ', 12345.5, ' ', 1e6) == "12345 12345.5 1e+06");
  }
}
