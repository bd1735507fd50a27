#include <doctest/doctest.h>

#include <cmath>

#include <hush/cpu/elementwise.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/shape.hpp>
#include <hush/tensor/tensor.hpp>

using namespace hush;
using B = Cpu<float>;

static_assert(Backend<B> && Backend<Cpu<double>>);
static_assert(!Backend<int>);
static_assert(Shape{2, 3, 4}.size() == 24 && Shape{}.size() == 1 && Shape{5, 0}.size() == 0);
static_assert(Shape{2, 3}.with_front(7) == Shape{7, 3} && Shape{2, 3}.with_back(7) == Shape{2, 7});
static_assert(Shape{2, 3}.back() == 3 && Shape{}.back() == 1 && Shape{2, 3} != Shape{2, 3, 1});

TEST_CASE("shape: negative extents and a rank of five are refused, and a shape prints as a list") {
  CHECK_THROWS_WITH_AS((Shape{2, -1}), "[Shape] extent -1 is negative", std::invalid_argument);
  CHECK_THROWS_WITH_AS((Shape{1, 2, 3, 4, 5}), "[Shape] rank 5 is above 4", std::invalid_argument);
  CHECK(to_text(Shape{2, 32, 32, 1}) == "[2, 32, 32, 1]");
  CHECK(to_text(Shape{}) == "[]");
}

TEST_CASE("tensor: copies share memory, parts are windows, and sizes must fit") {
  auto x = filled(B{}, {2, 3}, 1);
  auto same = x;
  CHECK_FALSE(x.unshared());
  same.data()[5] = 9;
  CHECK(x.data()[5] == 9);
  auto row = x.part(3, {3});
  CHECK(row.data()[2] == 9);
  CHECK(x.reshaped({3, 2}).shape() == Shape{3, 2});
  CHECK_THROWS_WITH_AS(x.reshaped({4}), "[reshaped] [2, 3] has 6 elements, [4] has 4", std::invalid_argument);
  CHECK_THROWS_WITH_AS(x.part(4, {3}), "[part] elements 4 to 7 lie outside of [2, 3]", std::invalid_argument);
  CHECK(Tensor<B>{}.empty());
  CHECK(Tensor<B>{}.size() == 0);
}

TEST_CASE("tensor: host numbers come back as they were uploaded") {
  const std::vector<double> values{1, -2.5, 3};
  CHECK(download<double>(upload(B{}, {3}, std::span<const double>(values))) == values);
  CHECK_THROWS_WITH_AS(upload(B{}, {2}, std::span<const double>(values)), "[upload] [2] wants 2 values, got 3",
                       std::invalid_argument);
  const Images<float> images(2, 1, 2, 1, {1, 2, 3, 4});
  CHECK(upload(B{}, images).shape() == Shape{2, 1, 2, 1});
  CHECK_THROWS_AS(Images<float>(2, 1, 2, 1, {1, 2}), std::invalid_argument);
}
