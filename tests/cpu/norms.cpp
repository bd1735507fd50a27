#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/cpu/slabs.hpp>
#include <vector>

using namespace hush;

namespace {

std::vector<float> waves(std::int64_t n, float offset = 0) {
  std::vector<float> x(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = offset + float(std::sin(double(i) * 0.7 + double(i % 13)));
  return x;
}

struct Norm {
  std::vector<float> y, mean, rstd, dx, dgamma, dbeta;
  bool operator==(const Norm&) const = default;
};

Norm group(int threads, const GroupNormSizes& s, const std::vector<float>& x) {
  const Cpu<float> cpu{threads};
  const std::vector<float> gamma = waves(s.channels, 1), beta = waves(s.channels),
                           dy = waves(std::int64_t(x.size()), 0.5f);
  Norm n{std::vector<float>(x.size()), std::vector<float>(std::size_t(s.batch * s.groups)), {}, {}, gamma, beta};
  n.rstd = n.mean, n.dx = n.y;
  group_norm(cpu, s, x.data(), gamma.data(), beta.data(), n.y.data(), n.mean.data(), n.rstd.data());
  group_norm_backward(cpu, s, dy.data(), x.data(), gamma.data(), n.mean.data(), n.rstd.data(), n.dx.data(),
                      n.dgamma.data(), n.dbeta.data());
  return n;
}

/// The greatest error of y against the formula in double.
double error_of(const GroupNormSizes& s, const std::vector<float>& x, const std::vector<float>& y) {
  const std::vector<float> gamma = waves(s.channels, 1), beta = waves(s.channels);
  const std::int64_t width = s.channels / s.groups, m = s.pixels * width;
  double worst = 0;
  for (std::int64_t image = 0; image < s.batch; ++image)
    for (std::int64_t g = 0; g < s.groups; ++g) {
      const auto at = [&](std::int64_t i) {
        return std::size_t((image * s.pixels + i / width) * s.channels + g * width + i % width);
      };
      double mean = 0, squares = 0;
      for (std::int64_t i = 0; i < m; ++i) mean += double(x[at(i)]) / double(m);
      for (std::int64_t i = 0; i < m; ++i) squares += (double(x[at(i)]) - mean) * (double(x[at(i)]) - mean);
      const double rstd = 1 / std::sqrt(squares / double(m) + s.eps);
      for (std::int64_t i = 0; i < m; ++i) {
        const std::size_t c = std::size_t(g * width + i % width);
        const double want = (double(x[at(i)]) - mean) * rstd * double(gamma[c]) + double(beta[c]);
        worst = std::max(worst, std::abs(double(y[at(i)]) - want));
      }
    }
  return worst;
}

const GroupNormSizes sizes[] = {{2, 100, 3, 1}, {2, 100, 3, 3},   {1, 1, 4, 2},     {3, 257, 64, 1}, {1, 1024, 128, 32},
                                {2, 50, 65, 5}, {2, 7, 1000, 10}, {1, 70000, 1, 1}, {2, 33, 96, 96}};

}  // namespace

TEST_CASE("group_norm: the formula in double, for any number of channels and groups") {
  for (const GroupNormSizes& s : sizes) {
    CAPTURE(s.pixels);
    CAPTURE(s.channels);
    CAPTURE(s.groups);
    const auto x = waves(s.batch * s.pixels * s.channels);
    CHECK(error_of(s, x, group(2, s, x).y) < 2e-6);
  }
}

TEST_CASE("group_norm: a mean a thousand times the deviation does not hurt") {
  const GroupNormSizes s{1, 3000, 8, 2};
  const auto x = waves(s.pixels * s.channels, 1000);
  CHECK(error_of(s, x, group(2, s, x).y) < 5e-4);  // what is left is the rounding of x itself
}

TEST_CASE("group_norm: bit for bit the same alone, in a batch, and on any number of threads") {
  for (const GroupNormSizes& s : sizes) {
    GroupNormSizes five = s, one = s;
    five.batch = 5, one.batch = 1;
    const std::int64_t size = s.pixels * s.channels;
    const auto x = waves(5 * size);
    const Norm all = group(1, five, x);
    CHECK(group(2, five, x) == all);
    CHECK(group(3, five, x) == all);
    for (std::int64_t i = 0; i < 5; ++i) {
      const std::vector<float> image(x.begin() + i * size, x.begin() + (i + 1) * size);
      const std::vector<float> expected(all.y.begin() + i * size, all.y.begin() + (i + 1) * size);
      REQUIRE(group(2, one, image).y == expected);
    }
  }
}

TEST_CASE("group_norm_backward: gradients that are not wanted are left out") {
  const GroupNormSizes s{2, 10, 4, 2};
  const auto x = waves(80);
  const Norm n = group(1, s, x);
  const std::vector<float> gamma = waves(4, 1), dy = waves(80, 0.5f);
  std::vector<float> dx(80), dbeta(4);
  float* none = nullptr;
  group_norm_backward(Cpu<float>{1}, s, dy.data(), x.data(), gamma.data(), n.mean.data(), n.rstd.data(), dx.data(),
                      none, none);
  CHECK(dx == n.dx);
  group_norm_backward(Cpu<float>{1}, s, dy.data(), x.data(), gamma.data(), n.mean.data(), n.rstd.data(), none, none,
                      dbeta.data());
  CHECK(dbeta == n.dbeta);
}

TEST_CASE("layer_norm: is group_norm of one pixel, and the same on any number of threads") {
  for (const std::int64_t width : {1, 3, 64, 65, 256, 1000}) {
    const std::int64_t rows = 300;
    const auto x = waves(rows * width, 3), gamma = waves(width, 1), beta = waves(width);
    std::vector<float> y(x.size()), mean(300), rstd(300);
    layer_norm(Cpu<float>{1}, rows, width, 1e-5, x.data(), gamma.data(), beta.data(), y.data(), mean.data(),
               rstd.data());
    CHECK(error_of({rows, 1, width, 1}, x, y) < 1e-5);
    const auto once = y;
    layer_norm(Cpu<float>{3}, rows, width, 1e-5, x.data(), gamma.data(), beta.data(), y.data(), mean.data(),
               rstd.data());
    CHECK(y == once);
    const auto backward = [&](int threads) {
      std::vector<float> dx(x.size()), dgamma(gamma.size()), dbeta(gamma.size());
      layer_norm_backward(Cpu<float>{threads}, 3, rows, width, once.data(), x.data(), gamma.data(), mean.data(),
                          rstd.data(), dx.data(), dgamma.data(), dbeta.data());
      dx.insert(dx.end(), dgamma.begin(), dgamma.end()), dx.insert(dx.end(), dbeta.begin(), dbeta.end());
      return dx;
    };
    CHECK(backward(1) == backward(3));
  }
}

TEST_CASE("slabs: cover an image once, and their lanes meet the same channels") {
  for (const cpu_detail::Slabs s : {cpu_detail::Slabs{1, 1}, cpu_detail::Slabs{100, 3}, cpu_detail::Slabs{70000, 1},
                                    cpu_detail::Slabs{16, 512}, cpu_detail::Slabs{9, 20000}}) {
    std::int64_t next = 0;
    for (std::int64_t i = 0; i < s.count(); ++i) {
      CHECK(s.begin(i) == next);
      CHECK(s.length(i) > 0);
      CHECK(s.length(i) % s.channels == 0);
      next += s.length(i);
    }
    CHECK(next == s.pixels * s.channels);
    CHECK(s.period() % s.channels == 0);
    CHECK(s.period() % cpu_detail::block_size == 0);
    CHECK(s.lanes() >= s.channels);
  }
}
