#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/dpm_solver.hpp>
#include <hush/samplers/dpm_solver_sde.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

constexpr DpmVariant variants[] = {DpmVariant::midpoint, DpmVariant::heun};

bool same(const Affine& a, const Affine& b) {
  double apart = std::abs(a.constant - b.constant) + std::abs(a.start - b.start);
  for (const auto& [name, coefficient] : (a - b).draws) apart += std::abs(coefficient);
  return apart < 1e-12;
}

/// How wrong the deviation of Gaussian data is where a run ends.
double error(const DpmSolverSde& sampler, Path path, int n) {
  const Gaussian data;
  const Trajectory trajectory = even_course(path, n, false);
  const Level end = trajectory.levels.back();
  const Affine x = carried_both_ways(sampler, trajectory, data);
  CHECK(std::abs(x.mean() - end.signal * data.mean) < 1e-6);
  return std::abs(std::sqrt(x.variance()) - std::hypot(end.signal * data.deviation, end.noise));
}

}  // namespace

TEST_CASE("dpm solver sde: order 1 with eta 1 is DDPM, DDIM with eta 1") {
  for (const Path path : all_paths)
    for (const bool to_clean : {false, true}) {
      const Trajectory trajectory = even_course(path, 20, to_clean);
      const Affine sde = carried_both_ways(DpmSolverSde{.order = 1}, trajectory, {});
      CHECK(same(sde, carried_both_ways(Ddim{1}, trajectory, {})));
      CHECK(same(sde, carried_both_ways(Ddpm{}, trajectory, {})));
      CHECK(sde.draws.size() == 20);  // none where the run ends clean
    }
}

TEST_CASE("dpm solver sde: eta 0 is DPM-Solver++, and draws nothing") {
  for (const Path path : all_paths)
    for (const int order : {1, 2})
      for (const DpmVariant variant : variants)
        for (const int n : {10, 20}) {
          const Trajectory trajectory = even_course(path, n, true);
          const Affine sde = carried_both_ways(DpmSolverSde{order, variant, 0}, trajectory, {});
          CHECK(same(sde, carried_both_ways(DpmSolverPp{order, variant}, trajectory, {})));
          CHECK(sde.draws.empty());
        }
}

TEST_CASE("dpm solver sde: the formulas of order 2, as k-diffusion has them") {
  // Three steps with signal = 1 and a denoiser that only knows the step: the last step is of order 2.
  const double sigmas[] = {5, 2, 1.1, .7};
  std::vector<Level> levels;
  for (const double sigma : sigmas) levels.push_back({sigma, 1, sigma});
  const auto denoise = [](double x, Level at) { return Denoised<double>{.2 * x + at.time, 0}; };
  const auto draw = [](int step, int) { return .3 + step; };
  for (const double eta : {.4, 1., 1.7})
    for (const DpmVariant variant : variants) {
      double x = 2, old = 0, h_last = 0;
      for (int i = 0; i < 3; ++i) {
        const double d = denoise(x, levels[std::size_t(i)]).x0, h = std::log(sigmas[i] / sigmas[i + 1]);
        const double h_eta = h * (1 + eta), whole = -std::expm1(-h_eta);
        double next = sigmas[i + 1] / sigmas[i] * std::exp(-h * eta) * x + whole * d;
        if (i > 0) next += (variant == DpmVariant::midpoint ? whole / 2 : whole / -h_eta + 1) * h / h_last * (d - old);
        x = next + sigmas[i + 1] * std::sqrt(-std::expm1(-2 * h * eta)) * (.3 + i);
        old = d, h_last = h;
      }
      const DpmSolverSde sampler{2, variant, eta, false};
      CHECK(run_eagerly(sampler, levels, 2., denoise, draw) == doctest::Approx(x).epsilon(1e-13));
    }
}

TEST_CASE("dpm solver sde: where x0 is known, the noise is exact for any eta") {
  // Data without width: what a level adds is all there is.
  const Gaussian data{.mean = .3, .deviation = 0};
  for (const Path path : all_paths)
    for (const double eta : {0., .3, 1., 4.})
      for (const int order : {1, 2}) {
        const Trajectory trajectory = even_course(path, 7, false);
        const Level end = trajectory.levels.back();
        const Affine x = carried_both_ways(DpmSolverSde{.order = order, .eta = eta}, trajectory, data);
        CHECK(x.mean() == doctest::Approx(.3 * end.signal).epsilon(1e-10));
        CHECK(x.variance() == doctest::Approx(end.noise * end.noise).epsilon(1e-10));
      }
}

TEST_CASE("dpm solver sde: Gaussian data stay what they are for every eta, the better the more steps") {
  for (const Path path : all_paths)
    for (const double eta : {.5, 1., 2.}) {
      CAPTURE(int(path));
      CAPTURE(eta);
      const DpmSolverSde first{.order = 1, .eta = eta};
      CHECK(std::abs(std::log2(error(first, path, 50) / error(first, path, 100)) - 1) < .15);
      for (const DpmVariant variant : variants) {
        const DpmSolverSde second{.order = 2, .variant = variant, .eta = eta};
        CHECK(std::abs(std::log2(error(second, path, 50) / error(second, path, 100)) - 2) < .25);
      }
    }
  for (const DpmVariant variant : variants) keeps_gaussian(DpmSolverSde{.variant = variant}, 100, 2e-3);
  keeps_gaussian(DpmSolverSde{.order = 1}, 100, .01);
}

TEST_CASE("dpm solver sde: one step, to the clean level and from one without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}}, dark{{{9, 0, 1}, {8, .6, .8}}};
  const auto ones = [](int, int) { return Pixels<double>{{1., 1.}}; };
  for (const double eta : {0., 1.}) {
    const DpmSolverSde sampler{.eta = eta};
    CHECK(run_both_ways(sampler, clean, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(run_both_ways(sampler, dark, start, denoise, ones).values[0] == doctest::Approx(.6 * .25 + .8));
  }
}

TEST_CASE("dpm solver sde: no such order, no such eta") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  CHECK_THROWS_WITH_AS(trace(DpmSolverSde{.order = 3}, trajectory), "[DpmSolverSde] has the orders 1 and 2, not 3",
                       std::invalid_argument);
  CHECK_THROWS_AS(trace(DpmSolverSde{.order = 0}, trajectory), std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(DpmSolverSde{.eta = -.5}, trajectory),
                       "[DpmSolverSde] eta must be 0 or more and finite, got -0.5", std::invalid_argument);
  CHECK_THROWS_AS(trace(DpmSolverSde{.eta = std::nan("")}, trajectory), std::invalid_argument);
  CHECK_THROWS_AS(trace(DpmSolverSde{.eta = std::numeric_limits<double>::infinity()}, trajectory),
                  std::invalid_argument);
}
