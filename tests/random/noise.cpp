#include <doctest/doctest.h>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/random/noise.hpp>
#include <hush/tensor/tensor.hpp>

using namespace hush;
using B = Cpu<float>;

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
