#include <doctest/doctest.h>

#include <hush/conditionings/lightness.hpp>
#include <hush/cpu/elementwise.hpp>

using namespace hush;
using B = Cpu<float>;
static_assert(Conditioning<Lightness, B> && !KnowsPixels<Lightness, B>);

TEST_CASE("lightness: the network sees L, then a and b") {
  const Images<float> given(1, 1, 2, 1, {1, 2});
  Input<Tensor<B>> input{filled(B{}, {1, 1, 2, 2}, 5), filled(B{}, {1}, 0)};
  const Lightness lightness;
  CHECK(lightness.ports() == Ports{.extra_channels = 1});
  lightness.add_to(lightness.prepare(B{}, given, {0, 1}, {}), input);
  CHECK(download<float>(input.image) == std::vector<float>{1, 5, 5, 2, 5, 5});
}

TEST_CASE("lightness: a network that does not make two channels, and other pictures, are refused") {
  CHECK_NOTHROW(Lightness{}.fits(Images<float>(1, 1, 2, 1), 1, {1, 2, 2}));
  CHECK_THROWS_WITH_AS(Lightness{}.fits(Images<float>(1, 1, 2, 1), 1, {1, 2, 3}),
                       "[Lightness] the network makes images of 3 channels, a and b are 2", std::invalid_argument);
  CHECK_THROWS_WITH_AS(Lightness{}.fits(Images<float>(1, 1, 2, 3), 1, {1, 2, 2}),
                       "[Lightness] the pictures given are 1x2x3, wanted are 1x2x1", std::invalid_argument);
}
