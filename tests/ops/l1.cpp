#include <doctest/doctest.h>

#include <hush/cpu/absolute_error.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/ops/l1.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("l1: gradients agree with finite differences") {
  for (const Shape& shape : image_shapes)
    require_gradients([](const auto& a, const auto& b) { return l1(a, b); }, input(shape, 1), input(shape, 2));
}

TEST_CASE("l1: a mean by hand, no slope where both sides are equal") {
  const Cpu<double> on{1};
  const auto numbers = [&](std::vector<double> values) { return upload(on, {2, 2}, std::span<const double>(values)); };
  Tape<Cpu<double>> tape;
  const auto a = tape.variable(numbers({1, -2, 3, 0.5})), b = tape.variable(numbers({4, -2, 1, 1}));
  const auto y = l1(a, b);
  CHECK(download<double>(y.value()) == std::vector<double>{(3 + 0 + 2 + 0.5) / 4});
  tape.backward(y);
  CHECK(download<double>(tape.gradient(a)) == std::vector<double>{-0.25, 0, 0.25, -0.25});
  CHECK(download<double>(tape.gradient(b)) == std::vector<double>{0.25, 0, -0.25, 0.25});
}

TEST_CASE("l1: two shapes are refused, and nothing at all") {
  const Cpu<float> on{1};
  CHECK_THROWS_WITH_AS(l1(filled(on, {2, 3}, 1), filled(on, {3, 2}, 1)), "[l1] prediction is [2, 3], target [3, 2]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(l1(filled(on, {0, 3}, 1), filled(on, {0, 3}, 1)), "[l1] has nothing to compare in [0, 3]",
                       std::invalid_argument);
}
