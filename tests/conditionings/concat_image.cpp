#include <doctest/doctest.h>

#include <hush/conditionings/concat_image.hpp>
#include <hush/cpu/elementwise.hpp>

using namespace hush;
using B = Cpu<float>;
static_assert(Conditioning<ConcatImage, B> && !KnowsPixels<ConcatImage, B>);

TEST_CASE("beside: the network sees the picture first, then the image") {
  const ConcatImage concat_image{.channels = 1};
  CHECK(concat_image.ports() == Ports{.extra_channels = 1});
  const Images<float> given(2, 1, 2, 1, {1, 2, 3, 4});
  Input<Tensor<B>> input{filled(B{}, {1, 1, 2, 2}, 5), filled(B{}, {1}, 0)};
  concat_image.add_to(concat_image.prepare(B{}, given, {1, 1}, {}), input);
  CHECK(input.image.shape() == Shape{1, 1, 2, 3});
  CHECK(download<float>(input.image) == std::vector<float>{3, 5, 5, 4, 5, 5});
}

TEST_CASE("beside: other pictures than the images want are refused") {
  const Images<float> given(2, 1, 2, 1);
  CHECK_NOTHROW(ConcatImage{.channels = 1}.fits(given, 2, {1, 2, 3}));
  CHECK_THROWS_WITH_AS(ConcatImage{}.fits(given, 2, {1, 2, 3}),
                       "[ConcatImage] the pictures given are 1x2x1, wanted are 1x2x3", std::invalid_argument);
  CHECK_THROWS_WITH_AS(ConcatImage{.channels = 1}.fits(given, 3, {1, 2, 3}),
                       "[ConcatImage] 2 pictures are given for 3 images", std::invalid_argument);
}
