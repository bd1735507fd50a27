#include <hush/training/checked_examples.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include <hush/conditionings/concat_image.hpp>
#include <hush/conditionings/unconditional.hpp>

#include "../thrown.hpp"

using namespace hush;
using thrown::message;

namespace {

/// Ten pictures of 1x2 pixels, and one beside each; it may give one too few, or one of another size.
struct Pairs {
  std::int64_t too_few_from = 10, small_from = 10;
  std::int64_t size() const { return 10; }
  Examples<Images<float>> batch(std::span<const std::int64_t> items) const {
    const auto count = std::int64_t(items.size());
    Examples<Images<float>> examples{Images<float>(count, 1, 2, 1), Images<float>(count, 1, 2, 1)};
    for (const std::int64_t item : items) {
      if (item >= too_few_from) examples.images = Images<float>(count - 1, 1, 2, 1);
      if (item >= small_from) examples.given = Images<float>(count, 1, 1, 1);
    }
    return examples;
  }
};

Examples<Images<float>> read(const Pairs& pairs, const std::vector<std::int64_t>& items) {
  return checked_examples(ConcatImage{.channels = 1}, pairs, items, 0, {{1, 2, 1}});
}

}  // namespace

TEST_CASE("checked examples: what fits comes through as it is") {
  const auto examples = read({}, {3, 1, 4});
  CHECK(examples.images == Images<float>(3, 1, 2, 1));
  CHECK(examples.given == Images<float>(3, 1, 2, 1));
  CHECK(read({}, {}).images.count == 0);
}

TEST_CASE("checked examples: a batch that is too small and a pair of another size are named with the first such item") {
  CHECK(message([] { read({.too_few_from = 7}, {1, 9, 7}); }) == "[train] item 9: the data set gave 0 images for 1");
  CHECK(message([] {
          read({.small_from = 7}, {1, 9, 7});
        }) == "[train] item 9: [ConcatImage] the pictures given are 1x1x1, wanted are 1x2x1");
  struct Forgetful {  // right for one, wrong for many
    Images<float> batch(std::span<const std::int64_t>) const { return {1, 1, 2, 1}; }
  };
  const std::vector<std::int64_t> items{5, 6};
  CHECK(message([&] {
          checked_examples(Unconditional{}, Forgetful{}, items, 0, {{1, 2, 1}});
        }) == "[train] a batch from item 5 on: the data set gave 1 images for 2");
  struct Torn {  // its pixels are not as many as it says
    Images<float> batch(std::span<const std::int64_t>) const {
      Images<float> images(1, 1, 2, 1);
      images.pixels.resize(1);
      return images;
    }
  };
  const std::vector<std::int64_t> one{5};
  CHECK(message([&] {
          checked_examples(Unconditional{}, Torn{}, one, 0, {{1, 2, 1}});
        }) == "[train] 1 images of 1x2x1 cannot have 1 values");
}
