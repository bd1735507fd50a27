#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/gaussian.hpp>
#include <vector>

using namespace hush;

namespace {

// Two rows of two channels: means, then logarithms of variances, one beyond each limit.
const std::vector<double> moments{1, -2, 0, std::log(4.), .5, 3, 25, -31};

void check_close(const std::vector<double>& found, const std::vector<double>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-14));
}

}  // namespace

TEST_CASE("cpu gaussian_sample: means and standard deviations by hand, and no slope beyond the limits") {
  const Cpu<double> on{1};
  const std::vector<double> noise{.5, 3, 2, -1}, dz{1, 2, 3, 4};
  std::vector<double> z(4), dm(8);
  gaussian_sample(on, 2, 2, moments.data(), noise.data(), z.data());
  CHECK(z[0] == 1.5);
  CHECK(z[1] == doctest::Approx(-2 + 2 * 3).epsilon(1e-15));
  CHECK(z[2] == doctest::Approx(.5 + 2 * std::exp(10)).epsilon(1e-15));
  CHECK(z[3] == doctest::Approx(3 - std::exp(-15)).epsilon(1e-15));
  gaussian_sample_backward(on, 2, 2, dz.data(), moments.data(), noise.data(), dm.data());
  check_close(dm, {1, 2, .25, 6, 3, 4, 0, 0});
}

TEST_CASE("cpu gaussian_kl: the divergence of each number by hand, and no slope beyond the limits") {
  const Cpu<double> on{1};
  std::vector<double> y(4), dm(8);
  gaussian_kl(on, 2, 2, moments.data(), y.data());
  CHECK(y[0] == .5);
  CHECK(y[1] == doctest::Approx((4 + 4 - 1 - std::log(4.)) / 2).epsilon(1e-15));
  CHECK(y[2] == doctest::Approx((.25 + std::exp(20) - 21) / 2).epsilon(1e-15));
  CHECK(y[3] == doctest::Approx((9 + std::exp(-30) - 1 + 30) / 2).epsilon(1e-15));
  const double dy = 2;
  gaussian_kl_backward(on, 2, 2, .5, moments.data(), &dy, dm.data());
  check_close(dm, {1, -2, 0, 1.5, .5, 3, 0, 0});
}

TEST_CASE("cpu gaussian_sample: any number of threads gives the same bits") {
  const std::int64_t rows = 3000, channels = 3;
  std::vector<float> said, noise(std::size_t(rows * channels)), one(noise.size()), four(noise.size());
  for (std::int64_t i = 0; i < 2 * rows * channels; ++i) said.push_back(float(std::sin(double(i))));
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = float(std::cos(double(i)));
  gaussian_sample(Cpu<float>{1}, rows, channels, said.data(), noise.data(), one.data());
  gaussian_sample(Cpu<float>{4}, rows, channels, said.data(), noise.data(), four.data());
  CHECK(one == four);
}
