#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <hush/data/brush.hpp>
#include <hush/data/masks.hpp>
#include <hush/data/stroke_masks.hpp>
#include <hush/io/checksum.hpp>

#include "drawing.hpp"
#include "thrown.hpp"

using namespace hush;
using namespace hush::data;

namespace {

double share(const Images<float>& mask) {
  return std::accumulate(mask.pixels.begin(), mask.pixels.end(), 0.0) / double(mask.pixels.size());
}

std::string checksum(const Images<float>& mask) {
  std::vector<std::byte> bytes;
  for (const float value : mask.pixels) bytes.push_back(std::byte(value));
  return io::hexadecimal(io::crc32(bytes));
}

/// The mask of an item in an epoch.
Images<float> drawn(const MaskRule& rule, std::int64_t height, std::int64_t width, std::uint64_t seed,
                    std::uint32_t item, std::uint32_t epoch = 0) {
  return rule(height, width, {.seed = seed, .step = epoch, .images = {&item, 1}});
}

std::vector<std::int64_t> counting(std::int64_t count) {
  std::vector<std::int64_t> items(std::size_t(count), 0);
  std::iota(items.begin(), items.end(), 0);
  return items;
}

const std::vector<std::pair<std::string, MaskRule>> random_rules{{"box", masks::RandomBox{}},
                                                                 {"pixels", masks::RandomPixels{}},
                                                                 {"irregular", masks::Irregular{}},
                                                                 {"free-form", masks::FreeForm{}},
                                                                 {"hybrid", masks::Hybrid{}}};

}  // namespace

TEST_CASE("masks: the centre is a quarter of the image, rounded down, and the outer frame all the rest") {
  CHECK(drawing(masks::Centre{}(8, 12)) ==
        "............\n............\n...######...\n...######...\n...######...\n...######...\n............\n............"
        "\n");
  CHECK(drawing(masks::Centre{}(7, 6)) == "......\n.###..\n.###..\n.###..\n......\n......\n......\n");
  CHECK(drawing(masks::OuterFrame{}(7, 6)) == "######\n#...##\n#...##\n#...##\n######\n######\n######\n");
  CHECK(drawing(masks::Centre{.share = 0.75}(8, 8)) ==
        "........\n.######.\n.######.\n.######.\n.######.\n.######.\n.######.\n........\n");
  CHECK(drawing(masks::OuterFrame{.share = 1}(2, 2)) == "..\n..\n");
  for (std::int64_t h = 1; h < 40; ++h)
    for (std::int64_t w = 1; w < 12; ++w) {
      const auto hole = masks::Centre{}(h, w), frame = masks::OuterFrame{}(h, w);
      CAPTURE(h);
      CAPTURE(w);
      for (std::int64_t y = 0; y < h; ++y)
        for (std::int64_t x = 0; x < w; ++x) {
          const bool inside = y >= h / 4 && y < h / 4 + h / 2 && x >= w / 4 && x < w / 4 + w / 2;
          const auto i = std::size_t(y * w + x);
          REQUIRE(hole.pixels[i] == float(inside));
          REQUIRE(frame.pixels[i] == float(!inside));
        }
    }
}

TEST_CASE("masks: corners and halves") {
  CHECK(drawing(masks::Corners{}(8, 8)) ==
        "##....##\n##....##\n........\n........\n........\n........\n##....##\n##....##\n");
  CHECK(drawing(masks::Corners{.share = 0.5, .top_left = false, .bottom_right = false}(4, 6)) ==
        "...###\n...###\n###...\n###...\n");
  CHECK(drawing(masks::Corners{.share = 0.01}(2, 3)) == "#.#\n#.#\n");
  CHECK(drawing(masks::Half{Side::left}(2, 5)) == "##...\n##...\n");
  CHECK(drawing(masks::Half{Side::right}(2, 5)) == "..###\n..###\n");
  CHECK(drawing(masks::Half{Side::top}(3, 2)) == "##\n..\n..\n");
  CHECK(drawing(masks::Half{Side::bottom}(3, 2)) == "..\n##\n##\n");
}

TEST_CASE("masks: random ones are those of a second program, of other numbers and another language") {
  // tools/mask_checksums.py
  const std::vector<std::vector<std::string>> expected{{"9370d57f", "b644d9d6", "1b86062d"},
                                                       {"cfdfbbaf", "29a83bb0", "054853d6"},
                                                       {"52508b8c", "79be042a", "f0a8bbd2"},
                                                       {"c73d99e7", "c0daadad", "40eedfc6"},
                                                       {"be41d1c8", "4ee73507", "2f1a1e68"}};
  for (std::size_t i = 0; i < random_rules.size(); ++i) {
    const MaskRule& rule = random_rules[i].second;
    CAPTURE(random_rules[i].first);
    CHECK(checksum(drawn(rule, 40, 56, 1, 0, 0)) == expected[i][0]);
    CHECK(checksum(drawn(rule, 40, 56, 1, 7, 2)) == expected[i][1]);
    CHECK(checksum(drawn(rule, 33, 32, std::uint64_t(1) << 40, 5, 0)) == expected[i][2]);
  }
}

TEST_CASE("masks: a random mask belongs to its seed, item and epoch, whatever stands beside it") {
  for (const auto& named : random_rules) {
    const MaskRule& rule = named.second;
    CAPTURE(named.first);
    const auto all = draw_masks(rule, 32, 32, counting(40), 3);
    CHECK(all.count == 40);
    std::set<std::vector<float>> different;
    for (std::int64_t i = 0; i < all.count; ++i) {
      const auto one = drawn(rule, 32, 32, 3, std::uint32_t(i));
      CHECK(std::ranges::equal(one.pixels, all[i]));
      different.insert(one.pixels);
    }
    CHECK(different.size() == 40);
    CHECK(std::ranges::equal(draw_masks(rule, 32, 32, std::vector<std::int64_t>{39, 2}, 3)[1], all[2]));
    CHECK(drawn(rule, 32, 32, 3, 2, 1).pixels != drawn(rule, 32, 32, 3, 2, 0).pixels);
    CHECK(drawn(rule, 32, 32, 4, 2, 0).pixels != drawn(rule, 32, 32, 3, 2, 0).pixels);
    CHECK(draw_masks(rule, 32, 32, std::vector<std::int64_t>{2}, 3, 1).pixels == drawn(rule, 32, 32, 3, 2, 1).pixels);
  }
  const masks::Hybrid both;
  const auto mask = drawn(both, 32, 32, 3, 1), box = drawn(masks::RandomBox{}, 32, 32, 3, 1),
             strokes = drawn(masks::FreeForm{}, 32, 32, 3, 1);
  for (std::size_t i = 0; i < mask.pixels.size(); ++i)
    REQUIRE(mask.pixels[i] == std::max(box.pixels[i], strokes.pixels[i]));
}

TEST_CASE("masks: random boxes keep their size and their distance, and stand everywhere") {
  std::set<std::int64_t> tops, lefts, heights, widths;
  for (std::uint32_t item = 0; item < 2000; ++item) {
    const auto mask = drawn(masks::RandomBox{}, 64, 128, 1, item);
    std::int64_t top = 64, left = 128, bottom = 0, right = 0;
    for (std::int64_t y = 0; y < 64; ++y)
      for (std::int64_t x = 0; x < 128; ++x)
        if (mask.pixels[std::size_t(y * 128 + x)] == 1)
          top = std::min(top, y), left = std::min(left, x), bottom = std::max(bottom, y + 1),
          right = std::max(right, x + 1);
    REQUIRE(share(mask) == double((bottom - top) * (right - left)) / (64 * 128));
    tops.insert(top), lefts.insert(left), heights.insert(bottom - top), widths.insert(right - left);
    REQUIRE(bottom <= 64 - 5);
    REQUIRE(right <= 128 - 10);
  }
  // 88 to 128 pixels of 256, 20 of 256 away from the border
  CHECK(*heights.begin() == 22);
  CHECK(*heights.rbegin() == 32);
  CHECK(*widths.begin() == 44);
  CHECK(*widths.rbegin() == 64);
  CHECK(*tops.begin() == 5);
  CHECK(*tops.rbegin() == 64 - 5 - 22);
  CHECK(*lefts.begin() == 10);
  CHECK(lefts.size() > 60);
}

TEST_CASE("masks: random pixels are exactly as many as asked, each as likely") {
  CHECK(share(masks::RandomPixels{.share = 0.25}(16, 16)) == 0.25);
  CHECK(share(masks::RandomPixels{.share = 1}(5, 5)) == 1);
  CHECK(share(masks::RandomPixels{.share = 1e-9}(5, 5)) == 1 / 25.0);
  std::vector<double> often(64);
  for (std::uint32_t item = 0; item < 4000; ++item) {
    const auto mask = drawn(masks::RandomPixels{.share = 0.25}, 8, 8, 9, item);
    for (std::size_t i = 0; i < often.size(); ++i) often[i] += double(mask.pixels[i]) / 4000;
  }
  const double deviation = std::sqrt(0.25 * 0.75 / 4000);
  for (const double frequency : often) CHECK(std::abs(frequency - 0.25) < 4.5 * deviation);
}

TEST_CASE("masks: strokes cover what they should") {
  for (const std::int64_t side : {16, 32, 64, 128}) {
    CAPTURE(side);
    double irregular = 0, free_form = 0, least = 1, most = 0;
    for (std::uint32_t item = 0; item < 200; ++item) {
      const double covered = share(drawn(masks::Irregular{}, side, side, 1, item));
      least = std::min(least, covered), most = std::max(most, covered);
      irregular += covered / 200, free_form += share(drawn(masks::FreeForm{}, side, side, 1, item)) / 200;
    }
    CHECK(least >= 0.15);
    CHECK(most <= 0.5);
    CHECK(irregular > 0.2);
    CHECK(irregular < 0.33);
    // the published strokes cover 0.157 of 256 x 256 (mean of 400)
    CHECK(free_form == doctest::Approx(0.157).epsilon(0.15));
  }
  const auto narrow = masks::Irregular{.area = {0.3, 0.32}};
  for (std::uint32_t item = 0; item < 20; ++item) {
    const double covered = share(drawn(narrow, 32, 32, 1, item));
    CHECK(covered >= 0.3);
    CHECK(covered <= 0.32);
  }
}

TEST_CASE("brush: a sine of whole numbers") {
  double worst = 0;
  for (std::int64_t angle = -70000; angle <= 140000; ++angle) {
    const double exact = 65536 * std::sin(2 * std::numbers::pi * double(angle) / 65536);
    worst = std::max(worst, std::abs(double(sine(angle)) - exact));
  }
  CHECK(worst <= 28);
  CHECK(sine(0) == 0);
  CHECK(sine(1 << 14) == 65536);
  CHECK(sine(-(1 << 14)) == -65536);
  CHECK(cosine(0) == 65536);
  CHECK(cosine(1 << 15) == -65536);
}

TEST_CASE("brush: a line has its width and round ends, and may leave the mask") {
  Images<float> mask(1, 7, 10, 1);
  draw_line(mask, {2, 3}, {6, 3}, 3);
  CHECK(drawing(mask) == "..........\n..........\n.#######..\n.#######..\n.#######..\n..........\n..........\n");
  mask = Images<float>(1, 5, 5, 1);
  draw_line(mask, {4, 0}, {0, 4}, 1);
  CHECK(drawing(mask) == "....#\n...#.\n..#..\n.#...\n#....\n");
  mask = Images<float>(1, 5, 5, 1);
  draw_line(mask, {2, 2}, {2, 2}, 4);
  CHECK(drawing(mask) == "..#..\n.###.\n#####\n.###.\n..#..\n");
  mask = Images<float>(1, 3, 3, 1);
  draw_line(mask, {-3, -3}, {6, 6}, 1);
  draw_line(mask, {9, 0}, {5, 0}, 3);
  CHECK(drawing(mask) == "#..\n.#.\n..#\n");
  // the largest there is: within w / 2 of the diagonal means 2 (x - y)^2 <= w^2
  mask = Images<float>(1, 8192, 8192, 1);
  draw_line(mask, {-8192, -8192}, {2 * 8192, 2 * 8192}, 8191);
  bool right = true;
  for (std::int64_t y = 0; y < 8192; ++y)
    for (std::int64_t x = 0; x < 8192; ++x)
      right &= mask.pixels[std::size_t(y * 8192 + x)] == float(2 * (x - y) * (x - y) <= 8191 * 8191);
  CHECK(right);
}

TEST_CASE("masks: those that no image can use are refused in words") {
  const auto refused = [](const Images<float>& mask) { return thrown::message([&] { check_mask(mask, 2, 2); }); };
  const std::string none = "nothing was thrown";
  CHECK(refused({1, 2, 2, 1, {1, 1, 1, 1}}) == none);
  CHECK(refused({2, 2, 2, 1, {0, 1, 0, 0, 1, 1, 1, 1}}) == none);
  CHECK(refused({1, 2, 2, 1, {0, 0, 0, 0}}) == "[mask] mask 0 is 0 everywhere: there is nothing to restore");
  CHECK(refused({2, 2, 2, 1, {1, 1, 1, 1, 0, 0, 0, 0}}) ==
        "[mask] mask 1 is 0 everywhere: there is nothing to restore");
  CHECK(refused({1, 2, 2, 1, {0, 0.5, 0, 1}}) ==
        "[mask] a mask holds 1 where pixels are unknown and 0 elsewhere, mask 0 has 0.5");
  CHECK(refused({1, 2, 2, 1, {0, 0, NAN, 1}}) ==
        "[mask] a mask holds 1 where pixels are unknown and 0 elsewhere, mask 0 has nan");
  CHECK(refused({1, 2, 3, 1, {0, 0, 0, 1, 1, 1}}) == "[mask] the mask is 2x3x1, wanted is 2x2x1");
  CHECK(refused({1, 2, 2, 3}) == "[mask] the mask is 2x2x3, wanted is 2x2x1");
  CHECK(refused({0, 2, 2, 1}) == "[mask] there is none");
  CHECK_THROWS_WITH_AS(draw_masks(masks::Centre{}, 1, 1, counting(1)),
                       "[mask] mask 0 is 0 everywhere: there is nothing to restore", std::invalid_argument);
  CHECK_THROWS_WITH_AS(draw_masks([](auto, auto, auto&) { return Images<float>(1, 3, 3, 1); }, 4, 4, counting(1)),
                       "[mask] the mask is 3x3x1, wanted is 4x4x1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(draw_masks(masks::Centre{}, 8, 8, std::vector<std::int64_t>{-1}), "[mask] there is no item -1",
                       std::invalid_argument);
}

TEST_CASE("masks: margins and areas that are no shares are refused in words") {
  for (const double margin : {-.1, .5, double(NAN), double(INFINITY)})
    CHECK(thrown::message([&] { masks::RandomBox{.margin = margin}(32, 32); }) ==
          to_text("[mask] a margin of ", margin, " of a side cannot be: 0 to less than 0.5"));
  CHECK(thrown::message([&] {
          masks::Irregular{.area = {.5, .2}}(32, 32);
        }) == "[mask] from 0.5 to 0.2 of the area cannot be");
  CHECK(thrown::message([&] { masks::Irregular{.area = {NAN, NAN}}(32, 32); }).ends_with(" of the area cannot be"));
}

TEST_CASE("masks: sizes that cannot be are refused in words") {
  const auto refused = [](const MaskRule& rule, std::int64_t h = 8, std::int64_t w = 8) {
    return thrown::message([&] { rule(h, w, {}); });
  };
  CHECK(refused(masks::Centre{}, 0, 8) == "[mask] cannot be 0 x 8: its sides have 1 to 8192 pixels");
  CHECK(refused(masks::FreeForm{}, 8, 8193) == "[mask] cannot be 8 x 8193: its sides have 1 to 8192 pixels");
  CHECK(refused(masks::Centre{.share = 0}) == "[mask] a share of 0 of a side cannot be");
  CHECK(refused(masks::OuterFrame{.share = 1.5}) == "[mask] a share of 1.5 of a side cannot be");
  CHECK(refused(masks::Corners{.share = 0.6}) == "[mask] corners cannot have 0.6 of a side: more than 0, at most 0.5");
  CHECK(refused(masks::RandomPixels{.share = 0}) == "[mask] a share of 0 of the pixels cannot be");
  CHECK(refused(masks::RandomBox{.size = {0.5, 0.25}}) == "[mask] from 0.5 to 0.25 of a side cannot be");
  CHECK(refused(masks::RandomBox{.size = {0.5, 0.5}, .margin = 0.5}) ==
        "[mask] a margin of 0.5 of a side cannot be: 0 to less than 0.5");
  CHECK(refused(masks::RandomBox{.margin = -1}).find("margin of -1 of a side cannot be") != std::string::npos);
  CHECK(refused(masks::Irregular{.strokes = {3, 2}}) == "[mask] from 3 to 2 cannot be: counts go from 0 to 1000");
  CHECK(refused(masks::Irregular{.turn = 1.5}) == "[mask] an angle of 1.5 turns cannot be");
  CHECK(refused(masks::Irregular{.strokes = {0, 0}}) ==
        "[mask] none of 1000 with such strokes covers 0.15 to 0.5 of 8 x 8 pixels");
  CHECK(refused(masks::FreeForm{.angle_range = NAN}) == "[mask] an angle of nan turns cannot be");
  CHECK(refused(masks::FreeForm{.mean_angle = 2}) == "[mask] an angle of 2 turns cannot be");
}
