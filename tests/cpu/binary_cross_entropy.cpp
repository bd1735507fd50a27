#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/binary_cross_entropy.hpp>
#include <vector>

using namespace hush;

TEST_CASE("cpu binary_cross_entropy: far logits do not overflow, and slopes are sigmoid less target") {
  const Cpu<double> on{1};
  const std::vector<double> x{0, 800, -800, 1.5}, target{.25, 0, 1, 1};
  std::vector<double> y(4), dx(4);
  const double dy = 2;
  binary_cross_entropy(on, 4, x.data(), target.data(), y.data());
  binary_cross_entropy_backward(on, 4, .5, x.data(), target.data(), &dy, dx.data());
  CHECK(y[0] == doctest::Approx(std::log(2)));
  CHECK(y[1] == 800);
  CHECK(y[2] == 800);
  CHECK(y[3] == doctest::Approx(-std::log(1 / (1 + std::exp(-1.5)))));
  CHECK(dx[0] == doctest::Approx(.25));
  CHECK(dx[1] == 1);
  CHECK(dx[2] == -1);
  CHECK(dx[3] == doctest::Approx(1 / (1 + std::exp(-1.5)) - 1));
}
