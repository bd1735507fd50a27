#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/absolute_error.hpp>
#include <vector>

using namespace hush;

TEST_CASE_TEMPLATE("absolute_error: distances, signs, and bad numbers that stay bad", T, float, double) {
  const Cpu<T> on{1};
  const std::vector<T> a{1, -2, 3, T(NAN)}, b{4, -2, 1, 0};
  const T dy = 6;
  std::vector<T> y(4), da(4);
  absolute_error(on, 4, a.data(), b.data(), y.data());
  CHECK((y[0] == 3 && y[1] == 0 && y[2] == 2 && std::isnan(y[3])));
  absolute_error_backward(on, 4, .5, a.data(), b.data(), &dy, da.data());
  CHECK((da[0] == -3 && da[1] == 0 && da[2] == 3 && std::isnan(da[3])));
}
