#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <vector>

#include <hush/data/split.hpp>

using namespace hush;
using data::Held;
using Items = std::vector<std::int64_t>;

namespace {

data::SplitItems parts(std::int64_t size, const data::Validation& wanted) {
  return data::split_items(size, wanted, [](std::int64_t item) { return std::uint32_t(item); });
}

bool within(const Items& few, const Items& many) { return std::ranges::includes(many, few); }

}  // namespace

TEST_CASE("split: by chance it is what Philox and FNV-1a, written in another language, say") {
  CHECK(parts(10, {.count = 4}).validation == Items{0, 4, 7, 9});
  CHECK(parts(10, {.count = 4, .seed = 7}).validation == Items{1, 3, 7, 9});
  CHECK(parts(10, {.share = .4, .seed = 7}).training == Items{0, 2, 4, 5, 6, 8});
}

TEST_CASE("split: the parts have no item in common, and together all, each in the order of the set") {
  for (const Held held : {Held::random, Held::last})
    for (const std::int64_t count : {0, 1, 50, 99, 100}) {
      const auto [training, validation] = parts(100, {.count = count, .held = held, .seed = 3});
      CHECK(std::int64_t(validation.size()) == count);
      CHECK(std::ranges::is_sorted(training));
      CHECK(std::ranges::is_sorted(validation));
      Items all;
      std::ranges::set_union(training, validation, std::back_inserter(all));
      REQUIRE(all.size() == 100);
      for (std::int64_t i = 0; i < 100; ++i) CHECK(all[std::size_t(i)] == i);
      CHECK(training.size() + validation.size() == 100);
    }
}

TEST_CASE("split: a larger share holds the smaller one, another seed gives other items") {
  Items before;
  for (const double share : {.01, .1, .25, .5, .9, 1.}) {
    const Items now = parts(1000, {.share = share, .seed = 5}).validation;
    CHECK(now.size() == std::size_t(1000 * share));
    CHECK(within(before, now));
    before = now;
  }
  Items common;
  std::ranges::set_intersection(parts(1000, {.share = .5, .seed = 5}).validation,
                                parts(1000, {.share = .5, .seed = 6}).validation, std::back_inserter(common));
  CHECK(common.size() > 200);  // 250 are expected, with a deviation of 8
  CHECK(common.size() < 300);
}

TEST_CASE("split: items that are added move few of the others") {
  const Items before = parts(1000, {.share = .1}).validation, after = parts(1100, {.share = .1}).validation;
  CHECK(after.size() == 110);
  Items stay;
  std::ranges::set_intersection(before, after, std::back_inserter(stay));
  CHECK(stay.size() >= 80);  // of 100; 1000 anew would share 10
}

TEST_CASE("split: the last ones by choice, and what cannot be is refused") {
  CHECK(parts(5, {.count = 2, .held = Held::last}).validation == Items{3, 4});
  CHECK(parts(5, {.share = .49, .held = Held::last}).validation == Items{3, 4});
  CHECK(parts(0, {.share = .5}).validation.empty());
  CHECK_THROWS_WITH_AS(parts(5, {.count = 6}), "[split] 6 pictures for validation are more than the 5 there are",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parts(10, {.share = .04}),
                       "[split] a share of 0.04 of 10 items rounds to none; give more, or a count",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parts(5, {.share = 1.5}), "[split] a share of 1.5 is not between 0 and 1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parts(5, {.share = -.5}), "[split] a share of -0.5 is not between 0 and 1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parts(5, {.count = -1}), "[split] wants a share or a count, got 0 and -1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(parts(5, {.share = .5, .count = 1}), "[split] wants a share or a count, got 0.5 and 1",
                       std::invalid_argument);
}
