#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include <hush/data/with_holes.hpp>

#include "byte_pictures.hpp"

using namespace hush;

namespace {

template <class Set>
constexpr bool tells = requires(const Set& set, std::span<const std::int64_t> items) {
  set.prefetch(items);
};

}  // namespace

TEST_CASE("with_holes: whole pictures, and the same with holes that belong to the item and the epoch") {
  const BytePictures pictures;
  const data::WithHoles set(pictures, data::masks::RandomPixels{}, 3);
  CHECK(set.size() == 9);
  const std::vector<std::int64_t> items{4, 1, 4};
  const auto examples = set.batch(items);
  CHECK(examples.images == pictures.batch(items));
  CHECK(examples.given.picture == examples.images);
  const auto same = [](std::span<const float> a, std::span<const float> b) { return std::ranges::equal(a, b); };
  CHECK(same(examples.given.hole[0], examples.given.hole[2]));
  CHECK_FALSE(same(examples.given.hole[0], examples.given.hole[1]));
  CHECK(set.batch(items, 0).given.hole == examples.given.hole);
  CHECK_FALSE(set.batch(items, 1).given.hole == examples.given.hole);
  CHECK_FALSE(data::WithHoles(pictures, data::masks::RandomPixels{}, 4).batch(items).given.hole == examples.given.hole);
}

TEST_CASE("with_holes: no rule") {
  const BytePictures pictures;
  CHECK_THROWS_WITH_AS(data::WithHoles(pictures, nullptr), "[WithHoles] wants a rule for the masks, one of data::masks",
                       std::invalid_argument);
}

TEST_CASE("with_holes: tells its pictures what will be asked for, where they want to know") {
  struct Telling : BytePictures {
    mutable std::vector<std::int64_t> told;
    void prefetch(std::span<const std::int64_t> items) const { told.assign(items.begin(), items.end()); }
  };
  const Telling pictures;
  const data::WithHoles set(pictures, data::masks::Centre{});
  const std::vector<std::int64_t> items{4, 1};
  set.prefetch(items);
  CHECK(pictures.told == items);
  static_assert(tells<data::WithHoles<Telling>> && !tells<data::WithHoles<BytePictures>>);
}
