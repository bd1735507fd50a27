#include <doctest/doctest.h>

#include <set>
#include <stdexcept>
#include <vector>

#include <hush/data/jpeg_pairs.hpp>

#include "byte_pictures.hpp"

using namespace hush;

TEST_CASE("jpeg_pairs: the picture, and what JPEG of the item's quality leaves of it") {
  const BytePictures pictures;
  const data::JpegPairs set(pictures, {5, 10, 20, 30}, 7);
  CHECK(set.size() == 9);
  const std::vector<std::int64_t> items{4, 1};
  for (const std::int64_t epoch : {0, 3}) {
    const auto examples = set.batch(items, epoch);
    CHECK(examples.images == pictures.batch(items));
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto wanted =
          data::to_floats(io::through_jpeg(pictures.bytes({&items[i], 1}), set.quality(items[i], epoch)));
      CHECK(std::ranges::equal(examples.given[std::int64_t(i)], wanted[0]));
    }
    CHECK_FALSE(examples.given == examples.images);
  }
}

TEST_CASE("jpeg_pairs: all qualities are drawn, a function of seed, item and epoch") {
  const BytePictures pictures;
  const data::JpegPairs set(pictures, {5, 10, 20, 30}, 7), other(pictures, {5, 10, 20, 30}, 8);
  std::set<int> drawn;
  int differ = 0;
  for (std::int64_t i = 0; i < 100; ++i) {
    drawn.insert(set.quality(i, 0));
    differ += set.quality(i, 0) != set.quality(i, 1);
    differ += set.quality(i, 0) != other.quality(i, 0);
  }
  CHECK(drawn == std::set<int>{5, 10, 20, 30});
  CHECK(differ > 100);
}

TEST_CASE("jpeg_pairs: qualities that are none") {
  const BytePictures pictures;
  CHECK_THROWS_WITH_AS(data::JpegPairs(pictures, {}), "[JpegPairs] wants at least one quality", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::JpegPairs(pictures, {5, 101}), "[JpegPairs] a quality must be in 1..100, got 101",
                       std::invalid_argument);
}
