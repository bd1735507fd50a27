#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <hush/data/horizontal_flip.hpp>
#include <hush/data/in_epoch.hpp>
#include <hush/data/jpeg_pairs.hpp>
#include <hush/data/lab_pairs.hpp>
#include <hush/data/with_holes.hpp>
#include <hush/training/training.hpp>

#include "byte_pictures.hpp"

using namespace hush;
using Items = std::vector<std::int64_t>;

static_assert(Dataset<data::HorizontalFlip<BytePictures>>);
// a set that would be gone before it is read is no set to stand on
template <template <class> class On, class... More>
constexpr bool keeps_others_alone = std::is_constructible_v<On<BytePictures>, const BytePictures&, More...> &&
                                    !std::is_constructible_v<On<BytePictures>, BytePictures, More...> &&
                                    std::is_constructible_v<On<BytePictures>, On<BytePictures>>;
static_assert(keeps_others_alone<data::HorizontalFlip> && keeps_others_alone<data::LabPairs>);
static_assert(keeps_others_alone<data::WithHoles, data::MaskRule>);
static_assert(keeps_others_alone<data::JpegPairs, std::vector<int>>);

namespace {

/// A thousand pictures of 2 x 3 pixels of two channels, from 0 to 11.
struct Ramps {
  std::int64_t size() const { return 1000; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 2, 3, 2);
    for (std::int64_t i = 0; i < images.count; ++i) std::iota(images[i].begin(), images[i].end(), 0.f);
    return images;
  }
};
const std::vector<float> as_it_is{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
const std::vector<float> mirrored{4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7};

/// Pictures that say which file they are from, and note what is read ahead.
struct Files : BytePictures {
  mutable Items told;
  std::filesystem::path path(std::int64_t item) const { return to_text("picture-", item, ".png"); }
  void prefetch(std::span<const std::int64_t> items) const { told.assign(items.begin(), items.end()); }
};

}  // namespace

TEST_CASE("horizontal flip: pixels change sides, rows and channels stay") {
  const Ramps ramps;
  const Items one{0};
  CHECK(data::HorizontalFlip(ramps, 0, 1).batch(one).pixels == mirrored);
  CHECK(data::HorizontalFlip(ramps, 0, 0).batch(one).pixels == as_it_is);
  CHECK(data::HorizontalFlip(ramps).size() == 1000);
}

TEST_CASE("horizontal flip: half of the items, others each epoch, a function of seed, item and epoch") {
  const Ramps ramps;
  const data::HorizontalFlip set(ramps, 3), same(ramps, 3), other(ramps, 4);
  int flips = 0, next = 0, seeds = 0;
  for (std::int64_t i = 0; i < 1000; ++i) {
    flips += set.flips(i, 0), next += set.flips(i, 0) != set.flips(i, 1);
    seeds += set.flips(i, 0) != other.flips(i, 0);
    CHECK(set.flips(i, 7) == same.flips(i, 7));
  }
  for (const int count : {flips, next, seeds}) CHECK(std::abs(count - 500) < 80);  // deviation 16
  const Items items{5, 6, 7, 8, 5, 900};
  for (const std::int64_t epoch : {0, 1, 50}) {
    const auto batch = set.batch(items, epoch);
    for (std::size_t i = 0; i < items.size(); ++i)
      CHECK(std::ranges::equal(batch[std::int64_t(i)], set.flips(items[i], epoch) ? mirrored : as_it_is));
  }
}

TEST_CASE("horizontal flip: what is made of a picture is made of the mirrored one, and the mask stays where it is") {
  const Files files;
  const data::HorizontalFlip flipped(files, 0, 1);
  const Items items{4, 1};
  const auto bytes = flipped.bytes(items);
  CHECK(flipped.batch(items) == data::to_floats(bytes));
  CHECK(bytes.pixels[0] == files.bytes(items).pixels[45]);

  const auto holed = data::WithHoles(flipped, data::masks::Half{data::Side::left}).batch(items);
  CHECK(holed.images == flipped.batch(items));
  CHECK(holed.given.hole[0][0] == 1);
  CHECK(data::JpegPairs(flipped, {20}).batch(items).images == flipped.batch(items));
  CHECK(data::LabPairs(flipped).batch(items).given == data::split_lab(bytes).lightness);

  const data::HorizontalFlip sometimes(files, 2);
  const Items many{0, 1, 2, 3, 4, 5, 6, 7, 8};
  CHECK(sometimes.bytes(many, 0) != sometimes.bytes(many, 1));
  CHECK(data::LabPairs(sometimes).batch(many, 1).given == data::split_lab(sometimes.bytes(many, 1)).lightness);
  CHECK(data::JpegPairs(sometimes, {20}).batch(many, 1).images == sometimes.batch(many, 1));
  CHECK(data::WithHoles(sometimes, data::masks::Centre{}).batch(many, 1).images == sometimes.batch(many, 1));
}

TEST_CASE("horizontal flip: files are named and read ahead through every set that stands on another") {
  const Files files;
  const data::HorizontalFlip flipped(files);
  const Items items{4, 1};
  flipped.prefetch(items);
  CHECK(files.told == items);
  CHECK(item_name(flipped, 4) == "item 4 (picture-4.png)");
  CHECK(item_name(data::WithHoles(flipped, data::masks::Centre{}), 4) == "item 4 (picture-4.png)");
  CHECK(item_name(data::JpegPairs(files, {20}), 4) == "item 4 (picture-4.png)");
  CHECK(item_name(data::LabPairs(files), 4) == "item 4 (picture-4.png)");
  const BytePictures pictures;
  CHECK(item_name(data::LabPairs(pictures), 4) == "item 4");
  static_assert(data::NamesFiles<data::HorizontalFlip<Files>> && !data::NamesFiles<data::HorizontalFlip<BytePictures>>);
  static_assert(data::ReadsAhead<data::HorizontalFlip<Files>> && !data::ReadsAhead<data::HorizontalFlip<BytePictures>>);
}

TEST_CASE("horizontal flip: a probability that is none") {
  const Ramps ramps;
  CHECK_THROWS_WITH_AS(data::HorizontalFlip(ramps, 0, 1.5),
                       "[HorizontalFlip] a probability of 1.5 is not between 0 and 1", std::invalid_argument);
  CHECK_THROWS_AS(data::HorizontalFlip(ramps, 0, -.1), std::invalid_argument);
}
