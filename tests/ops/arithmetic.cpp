#include <doctest/doctest.h>

#include <hush/cpu/reduce.hpp>
#include <hush/ops/add_channels.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/reshape.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("arithmetic: gradients agree with finite differences") {
  for (const Shape& s : image_shapes) {
    const auto a = input(s, 1), b = input(s, 2);
    require_gradients([](const auto& x, const auto& y) { return x + y; }, a, b);
    require_gradients([](const auto& x, const auto& y) { return x - y; }, a, b);
    require_gradients([](const auto& x, const auto& y) { return x * y; }, a, b);
    require_gradients([](const auto& x) { return x * x - (-x); }, a);
    require_gradients([](const auto& x) { return -2.5 * x; }, a);
    require_gradients([](const auto& x, const auto& t) { return add_channels(x, t); }, a, input({s[0], s[3]}, 3));
    require_gradients([](const auto& x) { return reshape(x, {x.shape().size(), 1}); }, a);
    require_gradients([](const auto& x, const auto& y) { return concat(x, y); }, a, input(s.with_back(3), 4));
  }
}

TEST_CASE("arithmetic: by hand") {
  const Cpu<double> on{1};
  const auto x = upload(on, {1, 2, 2}, std::span<const double>(std::vector{1.0, 2.0, 3.0, 4.0}));
  const auto y = upload(on, {1, 2, 1}, std::span<const double>(std::vector{5.0, 6.0}));
  const auto t = upload(on, {1, 2}, std::span<const double>(std::vector{10.0, 20.0}));
  CHECK(download<double>(x + x * x) == std::vector{2.0, 6.0, 12.0, 20.0});
  CHECK(download<double>(x - 2.0 * x) == std::vector{-1.0, -2.0, -3.0, -4.0});
  CHECK(download<double>(concat(x, y)) == std::vector{1.0, 2.0, 5.0, 3.0, 4.0, 6.0});
  CHECK(download<double>(add_channels(x, t)) == std::vector{11.0, 22.0, 13.0, 24.0});
}

TEST_CASE("arithmetic: shapes that do not fit are refused in words") {
  const Cpu<double> on{1};
  const auto a = filled(on, {2, 3}, 1), b = filled(on, {3, 2}, 1);
  CHECK_THROWS_WITH_AS(a + b, "[+] wants two tensors of one shape, got [2, 3] and [3, 2]", std::invalid_argument);
  CHECK_THROWS_AS(a - b, std::invalid_argument);
  CHECK_THROWS_AS(a * b, std::invalid_argument);
  CHECK_THROWS_WITH_AS(concat(a, b), "[concat] [2, 3] and [3, 2] differ in more than their channels",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(add_channels(a, b), "[add_channels] images [2, 3] want a shift [2, 3], got [3, 2]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(reshape(a, {7}), "[reshape] [2, 3] has 6 elements, [7] has 7", std::invalid_argument);
}

TEST_CASE("reshape: no memory is touched") {
  const auto a = filled(Cpu<double>{1}, {2, 3}, 1);
  CHECK(reshape(a, {6}).data() == a.data());
}
