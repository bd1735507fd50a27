#include <hush/grids/shared/inverse_beta.hpp>

#include <doctest/doctest.h>

#include <cmath>

using hush::detail::incomplete_beta;
using hush::detail::inverse_beta;

namespace {

constexpr double pi = 3.14159265358979323846;

}  // namespace

TEST_CASE("inverse beta: the incomplete beta function where it has a closed form") {
  for (const double x : {1e-9, .01, .2, .5, .77, .999}) {
    CAPTURE(x);
    CHECK(incomplete_beta(x, .5, .5) == doctest::Approx(2 / pi * std::asin(std::sqrt(x))).epsilon(1e-13));
    CHECK(incomplete_beta(x, 1, 1) == doctest::Approx(x).epsilon(1e-13));
    CHECK(incomplete_beta(x, 3, 1) == doctest::Approx(x * x * x).epsilon(1e-13));
    CHECK(incomplete_beta(x, 1, 4) == doctest::Approx(-std::expm1(4 * std::log1p(-x))).epsilon(1e-13));
    // Of whole numbers it is the probability of at least a of a + b - 1 throws: 2 of 4.
    const double y = 1 - x;
    CHECK(incomplete_beta(x, 2, 3) == doctest::Approx(x * x * (6 * y * y + 4 * x * y + x * x)).epsilon(1e-13));
    CHECK(incomplete_beta(x, .6, .6) + incomplete_beta(y, .6, .6) == doctest::Approx(1).epsilon(1e-13));
  }
}

TEST_CASE("inverse beta: the quantiles, and their ends") {
  for (const double p : {1e-6, .01, .2, .5, .8, .99}) {
    CAPTURE(p);
    CHECK(inverse_beta(p, .5, .5) == doctest::Approx(std::pow(std::sin(pi * p / 2), 2)).epsilon(1e-12));
    CHECK(inverse_beta(p, 3, 1) == doctest::Approx(std::cbrt(p)).epsilon(1e-12));
    CHECK(incomplete_beta(inverse_beta(p, .6, .6), .6, .6) == doctest::Approx(p).epsilon(1e-12));
  }
  CHECK(inverse_beta(.5, .6, .6) == doctest::Approx(.5).epsilon(1e-13));
  CHECK(inverse_beta(0, .6, .6) == 0);
  CHECK(inverse_beta(1, .6, .6) == 1);
}
