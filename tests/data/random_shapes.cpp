#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <hush/data/random_shapes.hpp>
#include <hush/data/shapes.hpp>
#include <hush/training/loader.hpp>

#include "thrown.hpp"

using namespace hush;

TEST_CASE("random shapes: epoch 0 is that of Shapes, and every other epoch has scenes and labels of its own") {
  const data::RandomShapes fresh(6, 16, 12, 3);
  const data::Shapes fixed(data::random_label_sets(6, 3), 16, 12, 3);
  const std::vector<std::int64_t> items{4, 0, 5};
  const Examples<LabelSets> first = examples_of(fresh, items), later = examples_of(fresh, items, 2);
  CHECK(first.images == fixed.batch(items));
  for (std::size_t i = 0; i < items.size(); ++i) {
    CHECK(first.given.sets[i] == fixed.labels()[std::size_t(items[i])]);
    CHECK_FALSE(std::ranges::equal(first.images[std::int64_t(i)], later.images[std::int64_t(i)]));
    CHECK(later.given.sets[i] == fresh.labels(items[i], 2));
  }
  CHECK(first.given != later.given);
}

TEST_CASE("random shapes: an item of an epoch is the same in any batch and by any number of threads") {
  const data::RandomShapes one(9, 8, 8, 1, 1), three(9, 8, 8, 1, 3);
  const std::vector<std::int64_t> items{7, 2, 8}, alone{8};
  CHECK(one.batch(items, 5).images == three.batch(items, 5).images);
  CHECK(std::ranges::equal(one.batch(items, 5).images[2], three.batch(alone, 5).images[0]));
}

TEST_CASE("random shapes: up to so many labels as are asked for, all numbers of them") {
  const data::RandomShapes set(200, 8, 8, 1, 1, 5);
  std::vector<int> sizes(6);
  for (std::int64_t item = 0; item < set.size(); ++item) ++sizes[set.labels(item, 1).size()];
  CHECK(sizes[0] == 0);
  for (const int labels : {1, 2, 3, 4, 5}) CHECK(std::abs(sizes[std::size_t(labels)] - 40) < 29);  // 5 deviations
}

TEST_CASE("random shapes: what cannot be drawn is refused in words") {
  CHECK(thrown::message([] { data::RandomShapes(0); }) == "[RandomShapes] cannot draw 0 scenes of 64 x 64");
  CHECK(thrown::message([] { data::RandomShapes(1, 8, 8, 0, 1, 6); }) ==
        "[random_label_set] cannot make a set of up to 6 labels");
  const std::vector<std::int64_t> beyond{3};
  CHECK(thrown::message([&] { data::RandomShapes(3, 8, 8, 0, 1).batch(beyond); }) == "[RandomShapes] item 3 of 3");
}
