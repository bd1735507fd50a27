#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include <hush/tensor/bf16.hpp>

using hush::bf16;

namespace {

float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

/// The nearest number with 8 bits of precision, ties to even, by arithmetic in double: no bit is looked at.
double nearest(float x) {
  if (x == 0 || std::isinf(x)) return x;
  int exponent;
  std::frexp(x, &exponent);                                         // |x| in [2^(exponent-1), 2^exponent)
  const double step = std::ldexp(1, std::max(exponent, -125) - 8);  // denormals share the step of the least normals
  const double rounded = std::nearbyint(double(x) / step) * step;
  return std::abs(rounded) < std::ldexp(1, 128) ? rounded : std::copysign(INFINITY, rounded);
}
void check_rounding(std::uint32_t bits) {
  const float x = float_of(bits);
  const float found = float(bf16(x));
  if (std::isnan(x) ? std::isnan(found) : double(found) == nearest(x) && std::signbit(found) == std::signbit(x)) return;
  CAPTURE(bits);
  CAPTURE(x);
  CAPTURE(found);
  FAIL_CHECK("not the nearest");
}

static_assert(float(bf16(1.f)) == 1 && float(bf16(-2.5f)) == -2.5f && bf16(1.f).bits == 0x3f80);
static_assert(float(bf16(1 + 0x1p-8f)) == 1 && float(bf16(1 + 3 * 0x1p-8f)) == 1 + 2 * 0x1p-7f);  // ties to even

}  // namespace

TEST_CASE("bf16: every value comes back from float as it was; NaN stays NaN and becomes quiet") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    bf16 value;
    value.bits = std::uint16_t(bits);
    const std::uint16_t back = bf16(float(value)).bits;
    const bool nan = (bits & 0x7fff) > 0x7f80;
    if (back != (nan ? bits | 0x40 : bits)) FAIL_CHECK(bits, " came back as ", back);
    if (std::isnan(float(value)) != nan) FAIL_CHECK(bits, " is read wrongly");
  }
}

TEST_CASE("bf16: rounds to the nearest, ties to even, around every one of its values") {
  for (std::uint32_t high = 0; high < 0x10000; ++high)
    for (const std::uint32_t low : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      check_rounding(high << 16 | low);
}

TEST_CASE("bf16: rounds to the nearest all over the floats") {
  std::random_device seed;
  std::mt19937 engine(seed());
  for (std::uint64_t bits = engine() % 2048; bits < (std::uint64_t(1) << 32); bits += 1 + engine() % 2048)
    check_rounding(std::uint32_t(bits));
}

TEST_CASE("bf16: the edges of its range") {
  using limits = std::numeric_limits<float>;
  CHECK(float(bf16(limits::infinity())) == limits::infinity());
  CHECK(float(bf16(-limits::infinity())) == -limits::infinity());
  CHECK(float(bf16(limits::max())) == limits::infinity());           // the nearest number would be 2^128
  CHECK(float(bf16(float_of(0x7f7f7fff))) == float_of(0x7f7f0000));  // just below the tie
  CHECK(std::isnan(float(bf16(limits::quiet_NaN()))));
  CHECK(std::isnan(float(bf16(float_of(0x7f800001)))));  // a NaN all of whose payload is cut off
  CHECK(std::signbit(float(bf16(float_of(0xff800001)))));
  CHECK(bf16(limits::denorm_min()).bits == 0);
  CHECK(bf16(-limits::denorm_min()).bits == 0x8000);
  CHECK(float(bf16(float_of(0x00018000))) == float_of(0x00020000));  // denormals: ties to even too
  CHECK(float(bf16(float_of(0x007fffff))) == limits::min());         // a denormal may become normal
  CHECK(bf16(0.f).bits == 0);
  CHECK(bf16(-0.f).bits == 0x8000);
}

TEST_CASE("bf16: arithmetic is float's") {
  const bf16 a = 1.5f, b = 0.0078125f;
  static_assert(std::is_same_v<decltype(a * b), float>);
  CHECK(a + b == 1.5078125f);
  CHECK(float(bf16(a + b)) == 1.5078125f);
  CHECK(float(bf16(256.f + bf16(1.f))) == 256);  // 257 needs nine bits
  CHECK(a > b);
}
