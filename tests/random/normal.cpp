#include <hush/random/normal.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

using namespace hush;

namespace {

/// The distance in units of the last place of the exact value.
double ulps(float computed, double exact) {
  return exact == 0 ? (computed == 0 ? 0 : 1e9) : std::abs(computed - exact) / std::ldexp(1., std::ilogb(exact) - 23);
}

/// Words from all over: both ends, powers of two, and a walk between.
std::vector<std::uint32_t> words() {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < 2000; ++i) all.insert(all.end(), {i, ~i, 0x80000000u + i, 0x40000000u - i, i << 16});
  for (std::uint32_t i = 0; i < 200000; ++i) all.push_back(i * 2654435769u);
  return all;
}

}  // namespace

TEST_CASE("normal: the functions are within two units of the last place, the angle within 1e-7") {
  double log_error = 0, root_error = 0, circle_error = 0, length_error = 0;
  for (const std::uint32_t word : words()) {
    const double u = double(float(word + .5));  // 24 bits of the word
    const float logarithm = minus_two_log(word), root = square_root(logarithm);
    log_error = std::max(log_error, ulps(logarithm, -2 * std::log(u * 0x1p-32)));
    root_error = std::max(root_error, ulps(root, std::sqrt(double(logarithm))));
    const NormalPair pair = on_circle(1.f, word);
    const double angle = word * 0x1p-32 * 2 * std::numbers::pi;
    circle_error =
        std::max({circle_error, std::abs(pair.first - std::cos(angle)), std::abs(pair.second - std::sin(angle))});
    length_error = std::max(length_error, std::abs(std::hypot(double(pair.first), double(pair.second)) - 1));
  }
  CHECK(log_error < 2);
  CHECK(root_error < 1);
  CHECK(circle_error < 1e-7);
  CHECK(length_error < 1e-7);
}

TEST_CASE("normal: the ends are finite, and the largest is 6.76") {
  CHECK(box_muller(0u, 0u).first == doctest::Approx(std::sqrt(2 * 33 * std::numbers::ln2)).epsilon(1e-6));
  CHECK(box_muller(0u, 0u).second == 0);
  CHECK(box_muller(~0u, 0u).first == 0);
  CHECK(box_muller(0u, 0x80000000u).first == -box_muller(0u, 0u).first);
  CHECK(box_muller(0u, 0x40000000u).second == box_muller(0u, 0u).first);
  for (const std::uint32_t word : words()) {
    const NormalPair pair = box_muller(word, ~word);
    REQUIRE((std::abs(pair.first) < 6.77f && std::abs(pair.second) < 6.77f));
  }
}
