#include <hush/level.hpp>

#include <doctest/doctest.h>

#include <initializer_list>

using namespace hush;

TEST_CASE("level: variance preserving means that the squares of signal and noise add up to one") {
  for (const double alpha_bar : {1., .9999, .5, 1e-6, 0.}) {
    const Level at = variance_preserving(7, alpha_bar);
    CHECK(at.time == 7);
    CHECK(at.signal * at.signal == doctest::Approx(alpha_bar).epsilon(1e-15));
    CHECK(at.signal * at.signal + at.noise * at.noise == doctest::Approx(1).epsilon(1e-15));
  }
  CHECK(variance_preserving(-1, 1) == Level{-1, 1, 0});
  CHECK(Level{} == Level{0, 1, 0});
}

TEST_CASE("level: sigma is noise over signal, whatever the scale") {
  CHECK(sigma_of({0, .6, .8}) == doctest::Approx(4. / 3));
  CHECK(sigma_of({0, 3, 4}) == doctest::Approx(4. / 3));
  CHECK(sigma_of({0, 1, 0}) == 0);
  CHECK(sigma_of({0, 0, 1}) > 1e300);
}
