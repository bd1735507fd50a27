#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include <hush/data/blend.hpp>

using namespace hush;

TEST_CASE("feathering: 1 in the hole, less with the distance outside, 0 beyond the width") {
  Images<float> hole(2, 7, 9, 1);
  hole[0][3 * 9 + 4] = 1;
  hole[1][0] = hole[1][6 * 9 + 8] = 1;
  for (const std::int64_t width : {0, 1, 2, 3, 20}) {
    const auto soft = data::feathered(hole, width);
    for (std::int64_t i = 0; i < 2; ++i)
      for (std::int64_t y = 0; y < 7; ++y)
        for (std::int64_t x = 0; x < 9; ++x) {
          double away = 1e9;  // to the nearest pixel of the hole, by looking at all
          for (std::int64_t v = 0; v < 7; ++v)
            for (std::int64_t u = 0; u < 9; ++u)
              if (hole[i][std::size_t(v * 9 + u)] == 1) away = std::min(away, std::hypot(double(v - y), double(u - x)));
          CHECK(soft[i][std::size_t(y * 9 + x)] ==
                doctest::Approx(std::max(0., 1 - away / double(width + 1))).epsilon(1e-6));
        }
  }
  CHECK(data::feathered(hole, 0) == hole);
  CHECK(data::hole_of(data::feathered(hole, 1)).pixels[3 * 9 + 5] == 1);
  CHECK(data::hole_of(data::feathered(hole, 1)).pixels[2 * 9 + 5] == 1);  // 1 - sqrt(2) / 2
  CHECK(data::hole_of(data::feathered(hole, 1)).pixels[3 * 9 + 6] == 0);
  CHECK_THROWS_WITH_AS(data::feathered(hole, -1), "[feathered] a width of -1 pixels is not in 0..1024",
                       std::invalid_argument);
  CHECK_THROWS_AS(data::feathered(Images<float>(1, 2, 2, 3), 1), std::invalid_argument);
}

TEST_CASE("feathering: the nearest of many holes counts, in whatever row and column it is") {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    std::minstd_rand drawn(seed + 1);
    const std::int64_t h = 1 + drawn() % 40, w = 1 + drawn() % 40, width = drawn() % 12;
    Images<float> hole(1, h, w, 1);
    for (float& pixel : hole.pixels) pixel = drawn() % (5 + 20 * seed) == 0 ? 1.f : 0.f;
    const auto soft = data::feathered(hole, width);
    for (std::int64_t p = 0; p < h * w; ++p) {
      double away = 1e9;
      for (std::int64_t q = 0; q < h * w; ++q)
        if (hole.pixels[std::size_t(q)] == 1)
          away = std::min(away, std::hypot(double(p / w - q / w), double(p % w - q % w)));
      CHECK(soft.pixels[std::size_t(p)] == doctest::Approx(std::max(0., 1 - away / double(width + 1))).epsilon(1e-6));
    }
  }
}

TEST_CASE("feathering: pixels that are not there are refused") {
  Images<float> hole(1, 4, 4, 1);
  hole.pixels.resize(3);
  CHECK_THROWS_AS(data::feathered(hole, 1), std::invalid_argument);
}

TEST_CASE("blend: at 0 and 1 the bytes of either, between them the share, rounded to nearest") {
  const Images<std::uint8_t> given(1, 1, 4, 2, {0, 255, 10, 20, 100, 200, 7, 8});
  const Images<std::uint8_t> made(1, 1, 4, 2, {255, 0, 20, 10, 200, 100, 9, 6});
  CHECK(data::blend(given, made, {1, 1, 4, 1, {0, 0, 0, 0}}) == given);
  CHECK(data::blend(given, made, {1, 1, 4, 1, {1, 1, 1, 1}}) == made);
  CHECK(data::blend(given, made, {1, 1, 4, 1, {0, 1, .25f, .5f}}).pixels ==
        std::vector<std::uint8_t>{0, 255, 20, 10, 125, 175, 8, 7});
  Images<std::uint8_t> all(1, 1, 256, 1), zero(1, 1, 256, 1);
  for (std::size_t i = 0; i < 256; ++i) all.pixels[i] = std::uint8_t(i);
  const Images<float> ones(1, 1, 256, 1, std::vector<float>(256, 1)), none(1, 1, 256, 1);
  CHECK(data::blend(zero, all, ones) == all);
  CHECK(data::blend(all, zero, none) == all);
  CHECK_THROWS_WITH_AS(data::blend(given, made, Images<float>(1, 1, 3, 1)),
                       "[blend] pictures of 1x4x2 and 1 masks of 1x3x1", std::invalid_argument);
  CHECK_THROWS_AS(data::blend(given, all, none), std::invalid_argument);
  for (const float share : {-.1f, 1.5f, NAN, 1e9f}) {
    CAPTURE(share);
    CHECK_THROWS_AS(data::blend(given, made, {1, 1, 4, 1, {0, 1, share, 0}}), std::invalid_argument);
  }
  CHECK_THROWS_WITH_AS(data::blend(given, made, {1, 1, 4, 1, {0, 1, 2, 0}}),
                       "[blend] mask 0 has a share of 2, wanted are 0 to 1", std::invalid_argument);
}
