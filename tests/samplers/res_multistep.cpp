#include <hush/samplers/res_multistep.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <hush/samplers/dpm_solver.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

/// How wrong the deviation of Gaussian data is where a run of n steps ends.
double error(double eta, Path path, int n) {
  const Gaussian data;
  const Trajectory trajectory = even_course(path, n, false);
  const Level end = trajectory.levels.back();
  const Affine x = carried_both_ways(ResMultistep{eta}, trajectory, data);
  CHECK(std::abs(x.mean() - end.signal * data.mean) < 1e-6);
  return std::abs(std::sqrt(x.variance()) - std::hypot(end.signal * data.deviation, end.noise));
}

}  // namespace

TEST_CASE("res multistep: eta 0 is DPM-Solver++ of order 2 with the exact second moment") {
  for (const Path path : all_paths)
    for (const int n : {5, 20})
      for (const bool to_clean : {false, true}) {
        const Trajectory trajectory = even_course(path, n, to_clean);
        const DpmSolverPp exact{.order = 2, .variant = DpmVariant::heun, .lower_order_final = false};
        const Affine res = carried_both_ways(ResMultistep{}, trajectory, {});
        const Affine dpm = carried_both_ways(exact, trajectory, {});
        CHECK(std::abs(res.start - dpm.start) < 1e-12);
        CHECK(std::abs(res.constant - dpm.constant) < 1e-12);
        CHECK(res.draws.empty());
      }
}

TEST_CASE("res multistep: the formulas with phi functions, in sigma, with fresh noise") {
  const double sigmas[] = {8, 3, 1.5, .4};
  std::vector<Level> levels;
  for (const double sigma : sigmas) levels.push_back({sigma, 1, sigma});
  const auto denoise = [](double x, Level at) { return TwoModes{}.denoise(x, at); };
  const auto draw = [](int step, int) { return .3 - step; };
  const auto phi1 = [](double z) { return (std::exp(z) - 1) / z; };
  const auto phi2 = [&](double z) { return (phi1(z) - 1) / z; };
  for (const double eta : {0., .5, 1.}) {
    double x = 2, old = 0, old_down = 0;
    for (int i = 0; i < 3; ++i) {
      const double s = sigmas[i], next = sigmas[i + 1], d = TwoModes{}.denoise(x, levels[std::size_t(i)]).x0;
      const double up = std::fmin(next, eta * std::sqrt(next * next * (s * s - next * next) / (s * s)));
      const double down = std::sqrt(next * next - up * up), h = std::log(s / down);
      if (i == 0) {
        x = x + (x - d) / s * (down - s);  // Euler
      } else {
        const double c2 = (std::log(old_down) - std::log(sigmas[i - 1])) / h, b2 = phi2(-h) / c2, b1 = phi1(-h) - b2;
        x = std::exp(-h) * x + h * (b1 * d + b2 * old);
      }
      if (eta > 0) x += up * (.3 - i);
      old = d, old_down = down;
    }
    CHECK(run_eagerly(ResMultistep{eta}, levels, 2., denoise, draw) == doctest::Approx(x).epsilon(1e-12));
  }
}

TEST_CASE("res multistep: the measured order of convergence, and Gaussian data with fresh noise") {
  converges(ResMultistep{}, 2, .25, 256);
  for (const Path path : all_paths)
    for (const double eta : {.5, 1.}) {
      CAPTURE(int(path));
      CAPTURE(eta);
      CHECK(error(eta, path, 100) < 2e-3);
      CHECK(error(eta, path, 200) < .6 * error(eta, path, 100));
    }
  keeps_gaussian(ResMultistep{}, 100, 1e-3);
  keeps_gaussian(ResMultistep{1}, 100, 4e-3);
}

TEST_CASE("res multistep: where x0 is known, the noise is exact for any eta") {
  const Gaussian data{.mean = .3, .deviation = 0};
  for (const Path path : all_paths)
    for (const double eta : {0., .3, 1., 4.}) {
      const Trajectory trajectory = even_course(path, 7, false);
      const Level end = trajectory.levels.back();
      const Affine x = carried_both_ways(ResMultistep{eta}, trajectory, data);
      CHECK(x.mean() == doctest::Approx(.3 * end.signal).epsilon(1e-10));
      CHECK(x.variance() == doctest::Approx(end.noise * end.noise).epsilon(1e-10));
    }
}

TEST_CASE("res multistep: one step, to the clean level and from one without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const auto ones = [](int, int) { return Pixels<double>{{1., 1.}}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}}, dark{{{9, 0, 1}, {8, .6, .8}}};
  CHECK(run_both_ways(ResMultistep{}, clean, start, denoise, silent).values == std::vector{.25, -.5});
  CHECK(run_both_ways(ResMultistep{1}, clean, start, denoise, silent).values == std::vector{.25, -.5});
  CHECK(run_both_ways(ResMultistep{}, dark, start, denoise, silent).values[0] == doctest::Approx(.6 * .25 + .8));
  CHECK(run_both_ways(ResMultistep{1}, dark, start, denoise, ones).values[1] == doctest::Approx(.6 * -.5 + .8));
}

TEST_CASE("res multistep: no such eta") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  CHECK_THROWS_WITH_AS(trace(ResMultistep{-.5}, trajectory),
                       "[ResMultistep] eta must be 0 or more and finite, got -0.5", std::invalid_argument);
  CHECK_THROWS_AS(trace(ResMultistep{std::nan("")}, trajectory), std::invalid_argument);
  CHECK_THROWS_AS(trace(ResMultistep{std::numeric_limits<double>::infinity()}, trajectory), std::invalid_argument);
}
