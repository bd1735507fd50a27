#include <doctest/doctest.h>

#include <hush/cpu/pooling.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/ops/average_pool2d.hpp>
#include <hush/ops/max_pool2d.hpp>
#include <hush/ops/upsample.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("resampling: gradients agree with finite differences") {
  for (const Shape& s : image_shapes) {
    require_gradients([](const auto& x) { return max_pool2d(x, 2); }, input(s, 1));
    for (const std::int64_t factor : {1, 2, 3}) {
      require_gradients([&](const auto& x) { return upsample_nearest(x, factor); }, input(s, 2));
      require_gradients([&](const auto& x) { return upsample_bilinear(x, factor); }, input(s, 3));
    }
  }
  require_gradients([](const auto& x) { return max_pool2d(x, 3); }, input({2, 7, 9, 2}, 4));
}

TEST_CASE("resampling: shapes") {
  const auto x = filled(Cpu<float>{1}, {2, 5, 7, 3}, 1);
  CHECK(max_pool2d(x, 2).shape() == Shape{2, 2, 3, 3});
  CHECK(upsample_nearest(x, 2).shape() == Shape{2, 10, 14, 3});
  CHECK(upsample_bilinear(x, 3).shape() == Shape{2, 15, 21, 3});
  CHECK_THROWS_WITH_AS(max_pool2d(x, 6), "[max_pool2d] a window of 6 does not fit into [2, 5, 7, 3]",
                       std::invalid_argument);
  CHECK_THROWS_AS(max_pool2d(x, 0), std::invalid_argument);
  CHECK_THROWS_AS(upsample_nearest(x, 0), std::invalid_argument);
  CHECK_THROWS_WITH_AS(upsample_bilinear(filled(Cpu<float>{1}, {2, 3}, 1), 2),
                       "[upsample_bilinear] wants images [N, H, W, C], got [2, 3]", std::invalid_argument);
}

TEST_CASE("max_pool2d: among equals the first has the gradient, dropped pixels have none") {
  Tape<Cpu<double>> tape;
  const auto x = tape.variable(filled(Cpu<double>{1}, {1, 3, 3, 1}, 1));
  tape.backward(max_pool2d(x, 2), filled(Cpu<double>{1}, {1, 1, 1, 1}, 5));
  CHECK(download<double>(tape.gradient(x)) == std::vector<double>{5, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("average_pool2d: the mean of each window, and its gradient") {
  const auto x =
      upload(Cpu<double>{1}, {1, 2, 4, 1}, std::span<const double>(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 9}));
  CHECK(download<double>(average_pool2d(x, 2)) == std::vector<double>{3.5, 5.75});
  require_gradients([](const auto& v) { return average_pool2d(v, 3); }, input({2, 6, 9, 5}, 1));
  CHECK_THROWS_WITH_AS(average_pool2d(x, 3), "[average_pool2d] windows of 3 do not tile [1, 2, 4, 1]",
                       std::invalid_argument);
  CHECK_THROWS_AS(average_pool2d(x, 0), std::invalid_argument);
}
