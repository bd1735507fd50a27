#include <hush/samplers/shared/probability_flow.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using namespace hush;
using namespace hush::detail;

namespace {

/// VP, VE and flow matching at one sigma.
const Level same_sigma[][2] = {
    {{0, .6, .8}, {0, .8, .6}}, {{0, 1, 4. / 3}, {0, 1, .75}}, {{0, 3. / 7, 4. / 7}, {0, 4. / 7, 3. / 7}}};

}  // namespace

TEST_CASE("probability flow: a step is the same in y = x / signal, whatever the signal") {
  const double y = 2, x0 = .5, sigma = 4. / 3, to = .75, slope_there = (y - x0) / sigma;
  for (const auto& [from, next] : same_sigma) {
    const double x = from.signal * y;
    CHECK(slope(x, x0, from) == doctest::Approx(slope_there));
    const double stepped = next.signal * (y + (to - sigma) * slope_there);
    CHECK(along(slope_there, x, from, next) == doctest::Approx(stepped));
    CHECK(euler_step(x, x0, from, next) == doctest::Approx(stepped));
  }
}

TEST_CASE("probability flow: euler's step from a level without signal keeps the noise") {
  CHECK(euler_step(2., .5, {1, 0, 1}, {0, .6, .8}) == doctest::Approx(.8 * 2 + .6 * .5));
  CHECK(euler_step(2., .5, {1, 0, 1}, {0, 1, 0}) == .5);
}

TEST_CASE("probability flow: the midpoint method asks at the geometric mean, and uses the slope there alone") {
  const Trajectory trajectory{{},
                              0,
                              [](double sigma) {
                                return Level{sigma, 1, sigma};
                              },
                              [](double sigma) { return sigma; }};
  int calls = 0;
  const auto denoise = [&](double, Level at) {
    CHECK(at.noise == doctest::Approx(calls == 0 ? 4 : 2));
    return Denoised<double>{++calls == 1 ? 0. : 1., 0};
  };
  // y = 8 falls to 4 in the middle; the slope there is (4 - 1) / 2.
  CHECK(midpoint_step(denoise, 8., {4, 1, 4}, {1, 1, 1}, trajectory) == doctest::Approx(8 - 3 * 1.5));
  CHECK(calls == 2);
}

TEST_CASE("probability flow: an ancestral step goes down to what the noise leaves") {
  for (const auto& [from, to] : same_sigma) {
    const double up = .75 * std::sqrt(1 - std::pow(.75 * .75, 2));
    const AncestralStep whole = ancestral_step(from, to, 1, "here"), half = ancestral_step(from, to, .5, "here");
    CHECK(whole.up == doctest::Approx(to.signal * up));
    CHECK(half.up == doctest::Approx(to.signal * up / 2));
    CHECK(whole.down.signal == to.signal);
    CHECK(std::hypot(whole.down.noise, whole.up) == doctest::Approx(to.noise));
    CHECK(ancestral_step(from, to, 0, "here").down == to);
    CHECK(ancestral_step(from, to, 9, "here").up == to.noise);
    CHECK(ancestral_step(from, to, 9, "here").down.noise == 0);
  }
  CHECK(ancestral_step({0, .6, .8}, {0, 1, 0}, 1, "here").up == 0);
  CHECK_THROWS_WITH_AS(ancestral_step({0, .6, .8}, {0, 1, 0}, -2, "here"),
                       "[here] eta must be 0 or more and finite, got -2", std::invalid_argument);
}
