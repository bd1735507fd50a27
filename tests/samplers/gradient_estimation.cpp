#include <hush/samplers/gradient_estimation.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <hush/samplers/euler.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

/// How far a run of n steps that are even in sigma, from 4 to .4, ends from the exact solution.
double error_on_even_sigmas(double gamma, Path path, int n) {
  const TwoModes data;
  std::vector<Level> levels;
  for (int i = 0; i <= n; ++i) levels.push_back(level_of(path, 4 - 3.6 * i / n));
  const auto denoise = [&](double x, Level at) { return data.denoise(x, at); };
  const auto draw = [](int, int) -> double { throw std::logic_error("nobody may ask for noise"); };
  const double start = levels.front().signal * data.mean + .7 * levels.front().noise;
  const double end = run_eagerly(GradientEstimation{gamma}, levels, start, denoise, draw);
  return std::abs(end - data.exact(start, levels.front(), levels.back()));
}

}  // namespace

TEST_CASE("gradient estimation: the formula of the paper, in sigma") {
  const double sigmas[] = {8, 3, 1.5, .4, .1};
  std::vector<Level> levels;
  for (const double sigma : sigmas) levels.push_back({sigma, 1, sigma});
  const auto denoise = [](double x, Level at) { return TwoModes{}.denoise(x, at); };
  const auto draw = [](int, int) -> double { throw std::logic_error("nobody may ask for noise"); };
  for (const double gamma : {1., 1.5, 2., 2.4}) {
    double x = 2, old = 0;
    for (int i = 0; i < 4; ++i) {
      const double eps = TwoModes{}.denoise(x, levels[std::size_t(i)]).eps;
      const double averaged = i == 0 ? eps : gamma * eps + (1 - gamma) * old;
      x = x + (sigmas[i + 1] - sigmas[i]) * averaged;
      old = eps;
    }
    CHECK(run_eagerly(GradientEstimation{gamma}, levels, 2., denoise, draw) == doctest::Approx(x).epsilon(1e-12));
  }
}

TEST_CASE("gradient estimation: gamma 1 is Euler's method") {
  for (const Path path : all_paths)
    for (const bool to_clean : {false, true}) {
      const Trajectory trajectory = even_course(path, 12, to_clean);
      const Affine a = carried_both_ways(GradientEstimation{1}, trajectory, {});
      const Affine b = carried_both_ways(Euler{}, trajectory, {});
      CHECK(std::abs(a.start - b.start) < 1e-12);
      CHECK(std::abs(a.constant - b.constant) < 1e-12);
      CHECK(a.draws.empty());
    }
}

TEST_CASE("gradient estimation: order 1, and 2 with gamma 3/2 on steps that are even in sigma") {
  for (const Path path : all_paths) {
    CAPTURE(int(path));
    const auto order = [&](double gamma) {
      return std::log2(error_on_even_sigmas(gamma, path, 128) / error_on_even_sigmas(gamma, path, 256));
    };
    CHECK(std::abs(order(2) - 1) < .15);
    CHECK(std::abs(order(1.5) - 2) < .15);
  }
  keeps_gaussian(GradientEstimation{}, 400, .01);
}

TEST_CASE("gradient estimation: one step, to the clean level, and a run from a level without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}}, dark{{{9, 0, 1}, {8, .6, .8}}};
  CHECK(run_both_ways(GradientEstimation{}, clean, start, denoise, silent).values == std::vector{.25, -.5});
  CHECK(run_both_ways(GradientEstimation{}, dark, start, denoise, silent).values[0] == doctest::Approx(.6 * .25 + .8));
}

TEST_CASE("gradient estimation: no such gamma") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  CHECK_THROWS_WITH_AS(trace(GradientEstimation{std::nan("")}, trajectory),
                       "[GradientEstimation] gamma must be finite, got nan", std::invalid_argument);
  CHECK_THROWS_AS(trace(GradientEstimation{std::numeric_limits<double>::infinity()}, trajectory),
                  std::invalid_argument);
}
