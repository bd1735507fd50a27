#include <hush/samplers/seeds2.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <hush/samplers/dpm_solver_singlestep.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

double error(double eta, Path path, int n) {
  const Gaussian data;
  const Trajectory trajectory = even_course(path, n, false);
  const Level end = trajectory.levels.back();
  const Affine x = carried_both_ways(Seeds2{eta}, trajectory, data);
  CHECK(std::abs(x.mean() - end.signal * data.mean) < 1e-4);
  return std::abs(std::sqrt(x.variance()) - std::hypot(end.signal * data.deviation, end.noise));
}

}  // namespace

TEST_CASE("seeds 2: eta 0 is DPM-Solver++ (2S)") {
  for (const Path path : all_paths)
    for (const bool to_clean : {false, true}) {
      const Trajectory trajectory = even_course(path, 12, to_clean);
      const Affine a = carried_both_ways(Seeds2{0}, trajectory, {});
      const Affine b = carried_both_ways(DpmSolverPpSinglestep{}, trajectory, {});
      CHECK(std::abs(a.start - b.start) < 1e-12);
      CHECK(std::abs(a.constant - b.constant) < 1e-12);
      CHECK(a.draws.empty());
    }
}

TEST_CASE("seeds 2: the two stages of the paper, with noises that belong together") {
  const double sigmas[] = {8, 3, 1.5, .4};
  Trajectory course{{}, 0, [](double time) { return level_of(Path::flow, time); }, [](double sigma) { return sigma; }};
  for (const double sigma : sigmas) course.levels.push_back(level_of(Path::flow, sigma));
  const auto denoise = [](double x, Level at) { return TwoModes{}.denoise(x, at); };
  const auto draw = [](int step, int ordinal) { return .3 - step + .7 * ordinal; };
  for (const double eta : {.4, 1., 1.7}) {
    double x = 2;
    for (int i = 0; i < 3; ++i) {
      const Level from = course.levels[std::size_t(i)], to = course.levels[std::size_t(i) + 1];
      const double h = std::log(sigmas[i] / sigmas[i + 1]), r = .5, z1 = .3 - i, z2 = 1. - i;
      const Level middle = level_of(Path::flow, sigmas[i] * std::exp(-r * h));
      const double d = TwoModes{}.denoise(x, from).x0;
      const double own = std::sqrt(1 - std::exp(-2 * eta * r * h)), kept = std::exp(-eta * r * h);
      const double u = middle.noise / from.noise * kept * x + middle.signal * (1 - std::exp(-(1 + eta) * r * h)) * d +
                       middle.noise * own * z1;
      const double there = TwoModes{}.denoise(u, middle).x0;
      x = to.noise / from.noise * std::exp(-eta * h) * x + to.signal * (1 - std::exp(-(1 + eta) * h)) * there +
          to.noise * (kept * own * z1 + own * z2);
    }
    CHECK(run_eagerly(Seeds2{eta}, course, 2., denoise, draw) == doctest::Approx(x).epsilon(1e-12));
  }
}

TEST_CASE("seeds 2: Gaussian data stay what they are for every eta, the better the more steps") {
  converges(Seeds2{0}, 2, .25, 128);
  for (const Path path : all_paths)
    for (const double eta : {.5, 1., 2.}) {
      CAPTURE(int(path));
      CAPTURE(eta);
      CHECK(std::abs(std::log2(error(eta, path, 50) / error(eta, path, 100)) - 2) < .3);
    }
  keeps_gaussian(Seeds2{}, 100, 2e-3);
}

TEST_CASE("seeds 2: where x0 is known, the noise is exact for any eta") {
  const Gaussian data{.mean = .3, .deviation = 0};
  for (const Path path : all_paths)
    for (const double eta : {0., .3, 1., 4.}) {
      const Trajectory trajectory = even_course(path, 7, false);
      const Level end = trajectory.levels.back();
      const Affine x = carried_both_ways(Seeds2{eta}, trajectory, data);
      CHECK(x.mean() == doctest::Approx(.3 * end.signal).epsilon(1e-10));
      CHECK(x.variance() == doctest::Approx(end.noise * end.noise).epsilon(1e-10));
    }
}

TEST_CASE("seeds 2: one step, to the clean level and from one without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const auto ones = [](int, int) { return Pixels<double>{{1., 1.}}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}}, dark{{{9, 0, 1}, {8, .6, .8}}};
  for (const double eta : {0., 1.}) {
    CHECK(run_both_ways(Seeds2{eta}, clean, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(run_both_ways(Seeds2{eta}, dark, start, denoise, ones).values[0] == doctest::Approx(.6 * .25 + .8));
  }
}

TEST_CASE("seeds 2: no such eta, and a trajectory without schedule") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  CHECK_THROWS_WITH_AS(trace(Seeds2{-.5}, trajectory), "[Seeds2] eta must be 0 or more and finite, got -0.5",
                       std::invalid_argument);
  CHECK_THROWS_AS(trace(Seeds2{std::numeric_limits<double>::infinity()}, trajectory), std::invalid_argument);
  CHECK_THROWS_AS(trace(Seeds2{}, Trajectory{trajectory.levels}), std::invalid_argument);
}
