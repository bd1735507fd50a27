#include <doctest/doctest.h>

#include <vector>

#include <hush/data/lab_pairs.hpp>

#include "byte_pictures.hpp"

using namespace hush;

TEST_CASE("lab_pairs: a and b to be made, L given; together they are the picture, as far as 8-bit Lab keeps it") {
  const BytePictures pictures;
  const data::LabPairs set(pictures);
  CHECK(set.size() == 9);
  const std::vector<std::int64_t> items{4, 1};
  const auto examples = set.batch(items);
  CHECK(examples.images.channels == 2);
  CHECK(examples.given.channels == 1);
  const auto planes = data::split_lab(pictures.bytes(items));
  CHECK(examples.images == planes.ab);
  CHECK(examples.given == planes.lightness);
  const auto back = data::merge_lab({examples.given, examples.images});
  CHECK(back == data::lab_bytes_to_rgb(data::rgb_to_lab_bytes(pictures.bytes(items))));
}
