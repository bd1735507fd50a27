#include <hush/samplers/er_sde.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

constexpr ErSdePhi phis[] = {ErSdePhi::ode, ErSdePhi::sde, ErSdePhi::er5};

bool same(const Affine& a, const Affine& b) {
  double apart = std::abs(a.constant - b.constant) + std::abs(a.start - b.start);
  for (const auto& [name, coefficient] : (a - b).draws) apart += std::abs(coefficient);
  return apart < 1e-11;
}

double error(const ErSde& sampler, Path path, int n) {
  const Gaussian data;
  const Trajectory trajectory = even_course(path, n, false);
  const Level end = trajectory.levels.back();
  const Affine x = carried_both_ways(sampler, trajectory, data);
  CHECK(std::abs(x.mean() - end.signal * data.mean) < 1e-4);
  return std::abs(std::sqrt(x.variance()) - std::hypot(end.signal * data.deviation, end.noise));
}

}  // namespace

TEST_CASE("er sde: order 1 is DDIM for the ODE, DDPM for the reverse SDE") {
  for (const Path path : all_paths)
    for (const bool to_clean : {false, true}) {
      const Trajectory trajectory = even_course(path, 12, to_clean);
      CHECK(
          same(carried_both_ways(ErSde{1, ErSdePhi::ode}, trajectory, {}), carried_both_ways(Ddim{}, trajectory, {})));
      CHECK(
          same(carried_both_ways(ErSde{1, ErSdePhi::sde}, trajectory, {}), carried_both_ways(Ddpm{}, trajectory, {})));
    }
}

TEST_CASE("er sde: the formula of order 3, its integrals by sums of many terms") {
  const double sigmas[] = {8, 3, 1.5, .4, .1};
  std::vector<Level> levels;
  for (const double sigma : sigmas) levels.push_back({sigma, 1 / (1 + sigma), sigma / (1 + sigma)});
  const auto denoise = [](double x, Level at) { return TwoModes{}.denoise(x, at); };
  const auto draw = [](int step, int) { return .3 - step; };
  const auto f = [](double l) { return l * (std::exp(std::pow(l, .3)) + 10); };
  double x = 2, old = 0, slope = 0;
  for (int i = 0; i < 4; ++i) {
    const Level from = levels[std::size_t(i)], to = levels[std::size_t(i) + 1];
    const double l = sigmas[i], end = sigmas[i + 1], r = f(end) / f(l), d = TwoModes{}.denoise(x, from).x0;
    double first = 0, second = 0;
    constexpr int terms = 200000;
    for (int k = 0; k < terms; ++k) {  // the midpoint rule
      const double u = end + (k + .5) * (l - end) / terms;
      first += (l - end) / terms / f(u);
      second += (l - end) / terms * (u - l) / f(u);
    }
    double next = to.signal / from.signal * r * x + to.signal * (1 - r) * d;
    const double now = i > 0 ? (d - old) / (l - sigmas[i - 1]) : 0;
    if (i > 0) next += to.signal * (end - l + first * f(end)) * now;
    if (i > 1) {
      const double curve = (now - slope) / ((l - sigmas[i - 2]) / 2);
      next += to.signal * (std::pow(end - l, 2) / 2 + second * f(end)) * curve;
    }
    x = next + to.signal * std::sqrt(end * end - l * l * r * r) * (.3 - i);
    old = d, slope = now;
  }
  CHECK(run_eagerly(ErSde{}, levels, 2., denoise, draw) == doctest::Approx(x).epsilon(1e-9));
}

TEST_CASE("er sde: the measured order of convergence, and Gaussian data for every phi") {
  converges(ErSde{1, ErSdePhi::ode}, 1, .15);
  converges(ErSde{2, ErSdePhi::ode}, 2, .25, 256);
  converges(ErSde{3, ErSdePhi::ode}, 2, .35, 256);
  for (const Path path : all_paths)
    for (const ErSdePhi phi : {ErSdePhi::sde, ErSdePhi::er5})
      for (const int order : {1, 2, 3}) {
        CAPTURE(int(path));
        CAPTURE(int(phi));
        CAPTURE(order);
        const ErSde sampler{order, phi};
        CHECK(error(sampler, path, 400) < (order == 1 ? 4e-3 : 1e-3));
        CHECK(error(sampler, path, 400) < .6 * error(sampler, path, 200));
      }
  keeps_gaussian(ErSde{}, 200, 4e-3);
}

TEST_CASE("er sde: where x0 is known, the noise is exact for every phi") {
  const Gaussian data{.mean = .3, .deviation = 0};
  for (const Path path : all_paths)
    for (const ErSdePhi phi : phis)
      for (const int order : {1, 2, 3}) {
        const Trajectory trajectory = even_course(path, 7, false);
        const Level end = trajectory.levels.back();
        const Affine x = carried_both_ways(ErSde{order, phi}, trajectory, data);
        CHECK(x.mean() == doctest::Approx(.3 * end.signal).epsilon(1e-10));
        CHECK(x.variance() == doctest::Approx(end.noise * end.noise).epsilon(1e-10));
        CHECK(x.draws.empty() == (phi == ErSdePhi::ode));
      }
}

TEST_CASE("er sde: one step, to the clean level and from one without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const auto ones = [](int, int) { return Pixels<double>{{1., 1.}}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}}, dark{{{9, 0, 1}, {8, .6, .8}}};
  for (const ErSdePhi phi : phis) {
    CHECK(run_both_ways(ErSde{3, phi}, clean, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(run_both_ways(ErSde{3, phi}, dark, start, denoise, ones).values[0] == doctest::Approx(.6 * .25 + .8));
  }
}

TEST_CASE("er sde: no such order") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  CHECK_THROWS_WITH_AS(trace(ErSde{4}, trajectory), "[ErSde] has the orders 1, 2 and 3, not 4", std::invalid_argument);
  CHECK_THROWS_AS(trace(ErSde{0}, trajectory), std::invalid_argument);
}
