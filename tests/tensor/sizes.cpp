#include <doctest/doctest.h>

#include <hush/tensor/group_norm_sizes.hpp>
#include <hush/tensor/image_sizes.hpp>

using namespace hush;

TEST_CASE("image_sizes: the extents of images, and nothing else") {
  const ImageSizes s = image_sizes(Shape{2, 3, 4, 5}, "op");
  CHECK((s.batch == 2 && s.height == 3 && s.width == 4 && s.channels == 5));
  CHECK_THROWS_WITH_AS(image_sizes(Shape{2, 3}, "op"), "[op] wants images [N, H, W, C], got [2, 3]",
                       std::invalid_argument);
}

TEST_CASE("group_norm_sizes: one group unless told otherwise") { CHECK(GroupNormSizes{}.groups == 1); }
