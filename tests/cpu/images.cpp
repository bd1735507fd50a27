#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/resample.hpp>
#include <vector>

using namespace hush;

namespace {
std::vector<float> waves(std::int64_t n) {
  std::vector<float> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(std::sin(double(i) * 0.7 + double(i % 13)));
  return x;
}
}  // namespace

TEST_CASE("upsample_bilinear: half-pixel positions, the ends held") {
  const std::vector<float> x{0, 1, 4, 9};  // 2 x 2
  std::vector<float> y(16);
  upsample_bilinear(Cpu<float>{1}, {1, 2, 2, 1}, 2, x.data(), y.data());
  CHECK(y == std::vector<float>{0, 0.25f, 0.75f, 1, 1, 1.5f, 2.5f, 3,  //
                                3, 4, 6, 7, 4, 5.25f, 7.75f, 9});
  std::vector<float> line(9);
  const std::vector<float> ends{0, 3, 6};
  upsample_bilinear(Cpu<float>{1}, {1, 1, 3, 1}, 3, ends.data(), std::vector<float>(27).data());
  cpu_detail::Taps taps = cpu_detail::linear_taps(3, 3);
  const std::vector<float> want{0, 0, 1, 2, 3, 4, 5, 6, 6};
  for (std::size_t i = 0; i < 9; ++i) {
    double sum = 0, all = 0;
    for (const cpu_detail::Tap& tap : taps[i])
      sum += tap.weight * double(ends[std::size_t(tap.from)]), all += tap.weight;
    CHECK(sum == doctest::Approx(double(want[i])));
    CHECK(all == doctest::Approx(1));
  }
}

TEST_CASE("upsample_nearest: every pixel so often, and back a sum") {
  const std::vector<float> x{1, 2, 3, 4};  // 1 x 2 pixels of 2 channels
  std::vector<float> y(16), back(4);
  upsample_nearest(Cpu<float>{1}, {1, 1, 2, 2}, 2, x.data(), y.data());
  CHECK(y == std::vector<float>{1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4});
  upsample_nearest_backward(Cpu<float>{1}, {1, 1, 2, 2}, 2, y.data(), back.data());
  CHECK(back == std::vector<float>{4, 8, 12, 16});
}

TEST_CASE("max_pool2d: by hand, dropped rows, and what is not a number wins") {
  std::vector<float> x{1, 5, 9, 2, 3, 9, 9, 9, 9};  // 3 x 3
  std::vector<float> y(1);
  max_pool2d(Cpu<float>{1}, {1, 3, 3, 1}, 2, x.data(), y.data());
  CHECK(y[0] == 5);
  for (const std::size_t place : {0, 1, 3, 4}) {
    auto bad = x;
    bad[place] = NAN;
    max_pool2d(Cpu<float>{1}, {1, 3, 3, 1}, 2, bad.data(), y.data());
    CHECK(std::isnan(y[0]));
    std::vector<float> dx(9);
    const float dy = 1;
    max_pool2d_backward(Cpu<float>{1}, {1, 3, 3, 1}, 2, &dy, bad.data(), dx.data());
    CHECK(dx[place] == 1);
  }
}

TEST_CASE("pooling and resampling: bit for bit the same alone, in a batch, and on any number of threads") {
  for (const std::int64_t channels : {1, 3, 64, 70}) {
    const std::int64_t h = 6, w = 5, size = h * w * channels, small = 3 * 2 * channels;
    const auto x = waves(5 * size), big = waves(5 * size * 4);
    const auto run = [&](int threads, std::int64_t batch, std::int64_t first) {
      const Cpu<float> cpu{threads};
      const ImageSizes s{batch, h, w, channels};
      std::vector<float> pooled(std::size_t(batch * small)), spread(std::size_t(batch * size)),
          up(std::size_t(batch * size * 4)), down(std::size_t(batch * size));
      max_pool2d(cpu, s, 2, x.data() + first * size, pooled.data());
      max_pool2d_backward(cpu, s, 2, big.data() + first * small, x.data() + first * size, spread.data());
      upsample_bilinear(cpu, s, 2, x.data() + first * size, up.data());
      upsample_bilinear_backward(cpu, s, 2, big.data() + first * size * 4, down.data());
      return std::vector{pooled, spread, up, down};
    };
    const auto all = run(2, 5, 0);
    CHECK(run(1, 5, 0) == all);
    for (std::int64_t image = 0; image < 5; ++image) {
      const auto one = run(2, 1, image);
      for (std::size_t k = 0; k < 4; ++k) {
        const auto begin = all[k].begin() + image * std::int64_t(one[k].size());
        REQUIRE(one[k] == std::vector<float>(begin, begin + std::int64_t(one[k].size())));
      }
    }
  }
}
