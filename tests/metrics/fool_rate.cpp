#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <hush/metrics/fool_rate.hpp>

using namespace hush;
using namespace hush::metrics;

TEST_CASE("fool rate: each pair holds both pictures, and the key says which is which") {
  Images<std::uint8_t> made(40, 2, 3, 2), truth = made;
  for (std::size_t i = 0; i < made.pixels.size(); ++i)
    made.pixels[i] = std::uint8_t(1 + i % 100), truth.pixels[i] = std::uint8_t(101 + i % 100);
  for (const std::int64_t gap : {0, 4}) {
    const FoolTest<std::uint8_t> test = fool_test(made, truth, 7, gap);
    REQUIRE(test.pairs.count == 40);
    REQUIRE(test.pairs.height == 2);
    REQUIRE(test.pairs.width == 6 + gap);
    REQUIRE(test.pairs.channels == 2);
    REQUIRE(test.truth.size() == 40);
    bool right = true;
    for (std::int64_t i = 0; i < 40; ++i)
      for (std::int64_t y = 0; y < 2; ++y)
        for (std::int64_t x = 0; x < 6 + gap; ++x)
          for (std::int64_t c = 0; c < 2; ++c) {
            const bool in_gap = x >= 3 && x < 3 + gap, on_left = x < 3;
            const bool true_one = on_left == (test.truth[std::size_t(i)] == Side::left);
            const std::int64_t from = (y * 3 + (on_left ? x : x - 3 - gap)) * 2 + c;
            const int wanted = in_gap ? 0 : (true_one ? truth : made)[i][std::size_t(from)];
            right = right && test.pairs[i][std::size_t((y * (6 + gap) + x) * 2 + c)] == wanted;
          }
    CHECK(right);
  }
  CHECK(fool_test(Images<float>(1, 1, 1, 1, {0.5f}), Images<float>(1, 1, 1, 1, {0.5f}), 0, 1).pairs.pixels ==
        std::vector<float>{0.5f, -1, 0.5f});
}

TEST_CASE("fool rate: the sides follow from the seed and are as often left as right") {
  const Images<std::uint8_t> made(1000, 1, 1, 1), truth = made;
  const auto key = [&](std::uint64_t seed) { return fool_test(made, truth, seed).truth; };
  CHECK(key(3) == key(3));
  CHECK(key(3) != key(4));
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto on_left = std::ranges::count(key(seed), Side::left);
    CHECK(on_left > 430);  // 4.4 deviations
    CHECK(on_left < 570);
  }
  using enum Side;
  const std::vector<Side> sides = key(1);  // on any machine
  CHECK(std::vector(sides.begin(), sides.begin() + 8) ==
        std::vector{right, right, right, right, right, left, right, right});
}

TEST_CASE("fool rate: the share of answers that took the made picture for the true one") {
  using enum Side;
  CHECK(fool_rate(std::vector{left, left, right, right}, std::vector{left, right, right, left}) == 0.5);
  CHECK(fool_rate(std::vector{left, right}, std::vector{left, right}) == 0);
  CHECK(fool_rate(std::vector{left}, std::vector{right}) == 1);
}

TEST_CASE("fool rate: what makes no test is refused in words") {
  const Images<float> one(1, 2, 2, 3), other(1, 2, 3, 3), bad(1, 1, 1, 1, {NAN});
  CHECK_THROWS_WITH_AS(fool_test(one, other, 0), "[fool_test] the images are 1 x 2 x 2 x 3, the truth is 1 x 2 x 3 x 3",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(fool_test(one, one, 0, -1), "[fool_test] the gap must be at least 0, is -1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(fool_test(bad, bad, 0), "[fool_test] image 0 has nan in row 0, column 0, channel 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(fool_rate(std::vector<Side>{}, std::vector<Side>{}), "[fool_rate] there are no answers",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(fool_rate(std::vector{Side::left}, std::vector<Side>{}), "[fool_rate] 0 answers to 1 pairs",
                       std::invalid_argument);
}
