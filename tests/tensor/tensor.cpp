#include <doctest/doctest.h>

#include <cmath>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/kernels/adam_rule.hpp>
#include <hush/kernels/combination.hpp>
#include <hush/random/noise.hpp>
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

TEST_CASE("noise: image i draws from its own stream, in any batch") {
  const std::vector<std::uint32_t> all{0, 1, 2, 3, 4}, some{3, 1};
  const Stream stream{.seed = 4, .step = 2, .purpose = purpose("test")};
  const auto whole = download<float>(normal_images(B{}, {5, 7, 3, 3}, stream, all));
  const auto part = download<float>(normal_images(B{}, {2, 7, 3, 3}, stream, some));
  CHECK(std::equal(part.begin(), part.begin() + 63, whole.begin() + 3 * 63));
  CHECK(std::equal(part.begin() + 63, part.end(), whole.begin() + 63));
  Stream third = stream;
  third.image = 3;
  CHECK(part[11] == normal_at(third, 11));
}

TEST_CASE("noise: images blend each with its own factors") {
  const std::vector<double> a{2, 0.5}, b{0, -1};
  const auto x = upload(B{}, {2, 2}, std::span<const double>(std::vector<double>{1, 2, 3, 4}));
  const auto y = upload(B{}, {2, 2}, std::span<const double>(std::vector<double>{5, 6, 7, 8}));
  CHECK(download<double>(blended_images<B>(a, x, b, y)) == std::vector<double>{2, 4, -5.5, -6});
  CHECK(download<double>(scaled_images(a, x)) == std::vector<double>{2, 4, 1.5, 2});
  CHECK_THROWS_AS(blended_images<B>(a, x, {}, y), std::invalid_argument);
}

TEST_CASE("noise: a network's output becomes both estimates, in place too, and clips x0 alone") {
  const B on;
  auto x = upload(on, {3}, std::span<const double>(std::vector<double>{1, 2, -3}));
  const auto f = upload(on, {3}, std::span<const double>(std::vector<double>{1, 1, 1}));
  auto eps = empty_like(x);
  std::int32_t bad = 0;
  const EstimateRule rule{1, -0.5, 0.25, 1, 0.75};
  estimates(on, 3, rule, x.data(), f.data(), x.data(), eps.data(), &bad);
  CHECK(download<double>(x) == std::vector<double>{0.5, 0.75, -0.75});
  CHECK(download<double>(eps) == std::vector<double>{1.25, 1.5, 0.25});
  CHECK(bad == 0);
  const float wild[]{1, INFINITY, 1};
  estimates(on, 3, rule, x.data(), wild, static_cast<float*>(nullptr), eps.data(), &bad);
  CHECK(bad == 1);
}

TEST_CASE("noise: a combination adds terms and draws, and may overwrite a term") {
  const B on;
  auto x = filled(on, {2, 70}, 2);
  const auto y = filled(on, {2, 70}, 3);
  const std::vector<Term<float>> terms{{x.data(), 1}, {y.data(), -2}};
  const std::vector<DrawTerm> draws{{purpose("draw"), 0.5}};
  combine(on, 2, 70, std::span<const Term<float>>(terms), std::span<const DrawTerm>(draws), DrawPlace{8, 5, 3},
          x.data());
  for (std::int64_t i = 0; i < 2; ++i)
    for (const std::uint64_t at : {0, 1, 63, 64, 69}) {
      const Stream stream{8, std::uint32_t(5 + i), 3, purpose("draw")};
      CHECK(x.data()[i * 70 + std::int64_t(at)] == doctest::Approx(-4 + 0.5 * normal_at(stream, at)));
    }
}
