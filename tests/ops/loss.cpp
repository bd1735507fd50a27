#include <doctest/doctest.h>

#include <hush/cpu/reduce.hpp>
#include <hush/ops/mse.hpp>
#include <hush/ops/sum.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("mse, sum and mean: gradients agree with finite differences") {
  const std::vector<double> weights{0.5, 2, 3};
  for (const Shape& s : image_shapes) {
    const auto a = input(s, 1), b = input(s, 2);
    require_gradients([](const auto& x, const auto& y) { return mse(x, y); }, a, b);
    const auto weighted = [&](const auto& x, const auto& y) {
      return mse(x, y, std::span<const double>(weights).first(std::size_t(s[0])));
    };
    require_gradients(weighted, a, b);
    require_gradients([](const auto& x) { return sum(x); }, a);
    require_gradients([](const auto& x) { return mean(x); }, a);
  }
}

TEST_CASE("mse, sum and mean: by hand") {
  const Cpu<double> on{1};
  const auto a = upload(on, {2, 2}, std::span<const double>(std::vector{1.0, 2.0, 3.0, 4.0}));
  const auto b = filled(on, {2, 2}, 1);
  CHECK(download<double>(mse(a, b)) == std::vector{(0.0 + 1 + 4 + 9) / 4});
  CHECK(download<double>(mse(a, b, std::vector{2.0, 1.0})) == std::vector{(0.0 + 2 + 4 + 9) / 4});
  CHECK(download<double>(sum(a)) == std::vector{10.0});
  CHECK(download<double>(mean(a)) == std::vector{2.5});
  CHECK(mse(a, b).shape() == Shape{1});
}

TEST_CASE("mse: what does not fit is refused in words") {
  const Cpu<double> on{1};
  const auto a = filled(on, {2, 3}, 1);
  CHECK_THROWS_WITH_AS(mse(a, filled(on, {3, 2}, 1)), "[mse] prediction is [2, 3], target [3, 2]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(mse(a, a, std::vector{1.0}), "[mse] 1 weights, but the prediction is [2, 3]",
                       std::invalid_argument);
  CHECK_THROWS_AS(mse(a, a, std::vector<double>{}), std::invalid_argument);
  CHECK_THROWS_AS(sum(filled(on, {0, 3}, 1)), std::invalid_argument);
}

TEST_CASE("mse_loss: the error and its gradient by hand, with weights and without") {
  const Cpu<double> on{1};
  const auto a = upload(on, {2, 2}, std::span<const double>(std::vector{1.0, 2.0, 3.0, 4.0}));
  const auto b = filled(on, {2, 2}, 1);
  const auto weights = upload(on, {2}, std::span<const double>(std::vector{2.0, 0.5}));
  const auto plain = mse_loss(a, b, 0.5), weighted = mse_loss(a, b, 0.5, weights);
  CHECK(download<double>(plain.value) == std::vector{(0.0 + 1 + 4 + 9) / 4});
  CHECK(download<double>(plain.gradient) == std::vector{0.0, 0.25, 0.5, 0.75});
  CHECK(download<double>(weighted.value) == std::vector{(0.0 + 2 + 2 + 4.5) / 4});
  CHECK(download<double>(weighted.gradient) == std::vector{0.0, 0.5, 0.25, 0.375});
  CHECK_THROWS_WITH_AS(mse_loss(a, b, 1, filled(on, {3}, 1)), "[mse] weights are [3], the prediction is [2, 2]",
                       std::invalid_argument);
  const auto flat = filled(on, {2}, 1);
  CHECK_THROWS_WITH_AS(mse_loss(flat, flat, 1, weights), "[mse] weights are [2], the prediction is [2]",
                       std::invalid_argument);
}
