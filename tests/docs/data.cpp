// The data set that docs/data.md shows.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <hush/conditionings/mask.hpp>
#include <hush/conditionings/unconditional.hpp>
#include <hush/data/horizontal_flip.hpp>
#include <hush/data/with_holes.hpp>
#include <hush/training/checked_examples.hpp>
#include <hush/training/training.hpp>

using namespace hush;

namespace {

// [rings]
/// White rings on black, the radius growing with the item.
struct Rings {
  std::int64_t count = 100, side = 32;

  std::int64_t size() const { return count; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), side, side, 1);
    for (std::int64_t i = 0; i < images.count; ++i)
      for (std::int64_t y = 0; y < side; ++y)
        for (std::int64_t x = 0; x < side; ++x) {
          const double radius = 2 + double(items[std::size_t(i)]) * double(side) / double(3 * count);
          const double off = std::hypot(double(2 * y - side + 1), double(2 * x - side + 1)) / 2 - radius;
          images[i][std::size_t(y * side + x)] = float(2 * std::exp(-off * off) - 1);
        }
    return images;
  }
  /// Optional: the name of an item in messages.
  std::filesystem::path path(std::int64_t item) const { return to_text("ring ", item); }
};
static_assert(Dataset<Rings>);
// [/rings]

}  // namespace

TEST_CASE("a set of one's own: it passes the checks of a training, alone and under others") {
  const Rings rings;
  const std::vector<std::int64_t> items{0, 50, 99};
  const auto examples = checked_examples(Unconditional{}, rings, items, 0, {{32, 32, 1}});
  CHECK(examples.images.count == 3);
  CHECK(*std::ranges::max_element(examples.images.pixels) > .9f);
  const data::HorizontalFlip flipped(rings);
  const data::WithHoles holed(flipped, data::masks::Centre{});
  CHECK(checked_examples(Mask{.channels = 1}, holed, items, 3, {{32, 32, 1}}).given.picture.count == 3);
  CHECK(item_name(holed, 7) == "item 7 (ring 7)");
}
