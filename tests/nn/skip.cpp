#include <doctest/doctest.h>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/nn/skip.hpp>

using namespace hush;

TEST_CASE("concat_skip: the skip connection's channels come first") {
  const Cpu<float> on;
  const std::vector<float> skip{1, 2, 3, 4}, x{7};
  const auto y = nn::concat_skip(upload(on, {1, 2, 2, 1}, std::span<const float>(skip)),
                                 upload(on, {1, 1, 1, 1}, std::span<const float>(x)), 2);
  CHECK(y.shape() == Shape{1, 2, 2, 2});
  CHECK(download<float>(y) == std::vector<float>{1, 7, 2, 7, 3, 7, 4, 7});
}
