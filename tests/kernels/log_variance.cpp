#include <doctest/doctest.h>

#include <cmath>
#include <hush/kernels/log_variance.hpp>

using namespace hush;

TEST_CASE("LogVariance: within [-30, 20], where its slope is 1; NaN stays NaN") {
  for (const double inside : {-30., -1.5, 0., 20.}) {
    CHECK(LogVariance(inside).value == inside);
    CHECK(LogVariance(inside).slope == 1);
  }
  CHECK(LogVariance(-30.5).value == -30);
  CHECK(LogVariance(21.f).value == 20.f);
  CHECK((LogVariance(-30.5).slope == 0 && LogVariance(21.f).slope == 0));
  CHECK(std::isnan(LogVariance(std::nan("")).value));
}
