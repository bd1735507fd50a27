#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/reduce.hpp>
#include <vector>

using namespace hush;

namespace {
std::vector<float> waves(std::int64_t n) {
  std::vector<float> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(std::sin(double(i) * 0.7 + double(i % 13)));
  return x;
}
}  // namespace

TEST_CASE("reductions: accurate, and the same on any number of threads") {
  for (const auto& [batch, size] : {std::pair{1, 1}, std::pair{3, 63}, std::pair{5, 20000}, std::pair{2, 70001}}) {
    const auto x = waves(batch * size), zero = std::vector<float>(x.size(), 0.f);
    double total = 0, squares = 0;
    for (const float v : x) total += double(v), squares += double(v) * double(v);
    float y = 0, z = 0, again = 0;
    sum(Cpu<float>{1}, batch, size, 2.0, x.data(), &y);
    sum(Cpu<float>{3}, batch, size, 2.0, x.data(), &again);
    CHECK(std::abs(double(y) - 2 * total) < 1e-6 * double(x.size()));
    CHECK(y == again);
    const float* none = nullptr;
    mse(Cpu<float>{1}, batch, size, x.data(), zero.data(), none, &z);
    mse(Cpu<float>{3}, batch, size, x.data(), zero.data(), none, &again);
    CHECK(double(z) == doctest::Approx(squares / double(x.size())).epsilon(1e-6));
    CHECK(z == again);
  }
}

TEST_CASE("mse: the loss of a batch is that of its images") {
  const std::int64_t size = 20000;
  const auto a = waves(3 * size), b = std::vector<float>(a.size(), 0.25f);
  const float* none = nullptr;
  const auto sums = sum_images(Cpu<float>{2}, 3, size, [&](auto at, auto count) -> cpu_detail::Numbers<float> {
    const cpu_detail::Numbers<float> d =
        cpu_detail::load_block(a.data() + at, count) - cpu_detail::load_block(b.data() + at, count);
    return d * d;
  });
  double total = 0;
  for (std::int64_t i = 0; i < 3; ++i) {
    float one = 0;
    mse(Cpu<float>{2}, 1, size, a.data() + i * size, b.data() + i * size, none, &one);
    CHECK(one == float(sums[std::size_t(i)] / double(size)));
    total += sums[std::size_t(i)];
  }
  float all = 0;
  mse(Cpu<float>{2}, 3, size, a.data(), b.data(), none, &all);
  CHECK(all == float(total / double(3 * size)));
}

TEST_CASE("image_distances: a root for each image, the same alone and in a batch") {
  for (const std::int64_t size : {1, 63, 20000}) {
    const auto a = waves(3 * size), b = std::vector<float>(a.size(), 0.25f), weights = std::vector<float>{.5f, 2, 0};
    std::vector<float> y(3), one(1);
    image_distances(Cpu<float>{2}, 3, size, .75, a.data(), b.data(), weights.data(), y.data());
    for (std::size_t i = 0; i < 3; ++i) {
      double squares = 0;
      for (std::size_t k = i * std::size_t(size); k < (i + 1) * std::size_t(size); ++k)
        squares += std::pow(double(a[k]) - .25, 2);
      CHECK(double(y[i]) == doctest::Approx(std::sqrt(double(weights[i]) * squares + .75 * .75)).epsilon(1e-6));
      image_distances(Cpu<float>{1}, 1, size, .75, a.data() + std::int64_t(i) * size, b.data(), weights.data() + i,
                      one.data());
      CHECK(one[0] == y[i]);
    }
    CHECK(y[2] == .75f);
  }
}

TEST_CASE("sum_pixels: every channel's own, bit for bit alone and in a batch") {
  for (const auto& [pixels, channels] : {std::pair{1, 5}, std::pair{100, 3}, std::pair{1000, 64}, std::pair{333, 65}}) {
    const std::int64_t size = std::int64_t(pixels) * channels;
    const auto x = waves(4 * size);
    std::vector<float> y(std::size_t(4 * channels)), one(static_cast<std::size_t>(channels));
    sum_pixels(Cpu<float>{2}, 4, pixels, channels, x.data(), y.data());
    for (std::int64_t i = 0; i < 4; ++i) {
      sum_pixels(Cpu<float>{1}, 1, pixels, channels, x.data() + i * size, one.data());
      for (std::int64_t c = 0; c < channels; ++c) {
        REQUIRE(one[std::size_t(c)] == y[std::size_t(i * channels + c)]);
        double want = 0;
        for (std::int64_t p = 0; p < pixels; ++p) want += double(x[std::size_t(i * size + p * channels + c)]);
        REQUIRE(std::abs(double(one[std::size_t(c)]) - want) < 1e-4);
      }
    }
  }
}

TEST_CASE("dropout: a kernel call on part of a batch draws the same mask") {
  const std::vector<float> x(3 * 20001, 1.f);
  const std::vector<std::uint32_t> images{5, 6, 7};
  std::vector<float> all(x.size()), one(20001);
  dropout(Cpu<float>{2}, 3, 20001, 0.25, Stream{.seed = 1}, images.data(), x.data(), all.data());
  dropout(Cpu<float>{1}, 1, 20001, 0.25, Stream{.seed = 1}, images.data() + 1, x.data(), one.data());
  CHECK(one == std::vector<float>(all.begin() + 20001, all.begin() + 2 * 20001));
}

TEST_CASE("embedding_backward: rows taken twice add up, others are 0") {
  const std::vector<std::int32_t> rows{1, 1};
  const std::vector<float> dy{1, 2, 3, 4};
  std::vector<float> table(6, 9.f);
  embedding_backward(Cpu<float>{1}, 2, 3, 2, rows.data(), dy.data(), table.data());
  CHECK(table == std::vector<float>{0, 0, 4, 6, 0, 0});
}
