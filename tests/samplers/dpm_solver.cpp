#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <hush/grid.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/dpm_solver.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "printed.hpp"
#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};
constexpr double sigma_max = 157.4072808104, sigma_min = .0100005000375;

/// The configuration of the published numbers: order 2, full order to the end, which is at sigma_min.
constexpr DpmSolverPp published{.order = 2, .variant = DpmVariant::midpoint, .lower_order_final = false};

std::vector<Level> ten_steps() {
  std::vector<Level> levels = levels_at(ddpm, {999, 899, 799, 699, 599, 500, 400, 300, 200, 100});
  levels.back() = ddpm(0);
  return levels;
}

/// Levels by their sigma; the network is told the nearest time.
std::vector<Level> ten_sigmas(auto&& sigma, const std::vector<double>& times) {
  std::vector<Level> levels;
  for (int i = 0; i < 10; ++i) {
    levels.push_back(level_of(Path::preserving, sigma(i / 9.)));
    levels.back().time = times[std::size_t(i)];
  }
  levels.push_back(ddpm(0));
  return levels;
}

double mean(const std::vector<Level>& levels, const auto& sampler, const auto& denoise,
            const Pixels<double>& start = peer_sample<double>()) {
  return magnitude(run_both_ways(sampler, Trajectory{levels}, start, denoise, silent)) / 768;
}

/// Imagen's dynamic thresholding, image by image.
Pixels<double> thresholded(Pixels<double> x0, double ratio, double largest) {
  for (auto image = x0.values.begin(); image != x0.values.end(); image += 192) {
    std::vector<double> sizes;
    for (auto value = image; value != image + 192; ++value) sizes.push_back(std::abs(*value));
    std::sort(sizes.begin(), sizes.end());
    const std::size_t i = std::size_t(ratio * 191);
    const double quantile = sizes[i] + (ratio * 191 - double(i)) * (sizes[i + 1] - sizes[i]);
    const double s = std::fmin(std::fmax(quantile, 1), largest);
    for (auto value = image; value != image + 192; ++value) *value = std::fmax(-s, std::fmin(s, *value)) / s;
  }
  return x0;
}

/// Algorithm 2 of Lu et al. 2022b, and the step of order 3 of their code, in its letters.
struct Literal {
  int order;
  bool data;
  double second;  // what D2 is multiplied by, 1 in the code

  template <class X>
  struct Memory {
    std::vector<Level> levels;
    std::vector<X> m;
  };

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory) const {
    const auto [x0, eps] = denoise(x, from);
    memory.levels.insert(memory.levels.begin(), from);
    memory.m.insert(memory.m.begin(), data ? x0 : eps);
    const auto lambda = [](Level at) { return std::log(at.signal) - std::log(at.noise); };
    const auto& m = memory.m;
    const double h = lambda(to) - lambda(from), sign = data ? -1 : 1, e = std::exp(sign * h) - 1;
    const double size = data ? to.signal : to.noise;
    const X base = (data ? to.noise / from.noise : to.signal / from.signal) * x - size * e * m[0];
    if (order == 1 || m.size() == 1) return base;
    const double r0 = (lambda(from) - lambda(memory.levels[1])) / h;
    const X d10 = 1 / r0 * (m[0] - m[1]);
    const double phi2 = e / h - sign, phi3 = data ? (e + h) / (h * h) - .5 : (e - h) / (h * h) - .5;
    if (order == 2 || m.size() == 2) return base - size * .5 * e * d10;
    const double r1 = (lambda(memory.levels[1]) - lambda(memory.levels[2])) / h;
    const X d11 = 1 / r1 * (m[1] - m[2]);
    const X d1 = d10 + r0 / (r0 + r1) * (d10 - d11), d2 = 1 / (r0 + r1) * (d10 - d11);
    return base - sign * size * phi2 * d1 - second * size * phi3 * d2;
  }
};

}  // namespace

TEST_CASE("dpm solver: the means that diffusers publishes") {
  const auto eps = denoiser(PredictNoise{}, peer_model, 0);
  const auto v = denoiser(PredictVelocity{}, peer_model, 0);
  CHECK(mean(ten_steps(), published, eps) == ".3301"_printed);
  CHECK(mean(ten_steps(), published, v) == ".2251"_printed);

  const auto karras = ten_sigmas(
      [](double part) {
        const double first = std::pow(sigma_max, 1 / 7.), last = std::pow(sigma_min, 1 / 7.);
        return std::pow(first + part * (last - first), 7);
      },
      {999, 937, 864, 775, 663, 511, 301, 102, 18, 0});
  CHECK(std::abs(mean(karras, published, v) - .2096) < 1e-3);
  const auto lu = ten_sigmas([](double part) { return sigma_max * std::pow(sigma_min / sigma_max, part); },
                             {999, 886, 757, 603, 410, 202, 73, 22, 5, 0});
  CHECK(std::abs(mean(lu, published, v) - .1554) < 1e-4);

  const auto cut = [&](const Pixels<double>& x, Level at) {
    Denoised<Pixels<double>> answer = eps(x, at);
    answer.x0 = thresholded(std::move(answer.x0), .87, .5);
    return answer;
  };
  const double eager = magnitude(run_eagerly(published, Trajectory{ten_steps()}, peer_sample<double>(), cut, silent));
  CHECK(eager / 768 == "1.1364"_printed);

  std::vector<Level> rest = ten_steps();
  rest.erase(rest.begin(), rest.begin() + 5);
  const auto start = rest[0].signal * peer_sample<double>() + rest[0].noise * peer_sample<double>(true);
  const double noisy = mean(rest, published, eps, start);
  CHECK(std::abs(768 * noisy - 318.4111) < 1e-2);
  CHECK(noisy == ".4146"_printed);
}

TEST_CASE("dpm solver: order 1 is DDIM") {
  for (const bool to_clean : {false, true})
    for (const Path path : all_paths) {
      const Trajectory trajectory = even_course(path, 12, to_clean);
      const Affine ddim = carried_both_ways(Ddim{}, trajectory, {});
      for (const Affine& x : {carried_both_ways(DpmSolver{.order = 1}, trajectory, {}),
                              carried_both_ways(DpmSolverPp{.order = 1}, trajectory, {})}) {
        CHECK(std::abs(x.mean() - ddim.mean()) < 1e-12);
        CHECK(std::abs(x.variance() - ddim.variance()) < 1e-12);
      }
    }
}

TEST_CASE("dpm solver: the formulas in the letters of the paper; order 3 of its code has half the curvature") {
  const auto apart = [](const auto& a, const auto& b) {
    const Trajectory trajectory = even_course(Path::preserving, 20, false);
    const TwoModes data;
    const auto exact = [&](double x, Level at) { return data.denoise(x, at); };
    const auto draw = [](int, int) -> double { throw std::logic_error("nobody may ask for noise"); };
    return std::abs(run_eagerly(a, trajectory, .8, exact, draw) - run_eagerly(b, trajectory, .8, exact, draw));
  };
  for (const int order : {1, 2}) {
    CHECK(apart(DpmSolver{.order = order}, Literal{order, false, 1}) < 1e-12);
    CHECK(apart(DpmSolverPp{.order = order}, Literal{order, true, 1}) < 1e-12);
  }
  CHECK(apart(DpmSolver{.order = 3}, Literal{3, false, 2}) < 1e-12);
  CHECK(apart(DpmSolverPp{.order = 3}, Literal{3, true, 2}) < 1e-12);
  CHECK(apart(DpmSolver{.order = 3, .curvature = .5}, Literal{3, false, 1}) < 1e-12);
  CHECK(apart(DpmSolverPp{.order = 3, .curvature = .5}, Literal{3, true, 1}) < 1e-12);
  CHECK(apart(DpmSolverPp{.order = 3}, Literal{3, true, 1}) > 1e-5);
}

TEST_CASE("dpm solver: the measured order of convergence") {
  converges(DpmSolver{.order = 1}, 1, .15);
  converges(DpmSolverPp{.order = 1}, 1, .15);
  for (const DpmVariant variant : {DpmVariant::midpoint, DpmVariant::heun}) {
    CAPTURE(int(variant));
    converges(DpmSolver{.order = 2, .variant = variant}, 2, .25, 256);
    converges(DpmSolverPp{.order = 2, .variant = variant}, 2, .25, 256);
  }
  converges(DpmSolver{.order = 3}, 3, .3, 128);
  converges(DpmSolverPp{.order = 3}, 3, .3, 128);
  for (const Path path : all_paths) {  // what the authors' code computes is of order 2
    CHECK(std::abs(order(DpmSolver{.order = 3, .curvature = .5}, path, TwoModes{}, 512) - 2) < .25);
    CHECK(std::abs(order(DpmSolverPp{.order = 3, .curvature = .5}, path, TwoModes{}, 512) - 2) < .25);
  }
}

TEST_CASE("dpm solver: Gaussian data stay what they are") {
  keeps_gaussian(DpmSolver{.order = 1}, 400, .02);
  keeps_gaussian(DpmSolverPp{.order = 1}, 400, .02);
  for (const DpmVariant variant : {DpmVariant::midpoint, DpmVariant::heun}) {
    keeps_gaussian(DpmSolver{.order = 2, .variant = variant}, 400, 1e-3);
    keeps_gaussian(DpmSolverPp{.order = 2, .variant = variant}, 400, 1e-3);
  }
  keeps_gaussian(DpmSolver{.order = 3}, 400, 1e-4);
  keeps_gaussian(DpmSolverPp{.order = 3}, 400, 1e-4);
}

TEST_CASE("dpm solver: short runs end with lower orders, if they may") {
  const auto end = [](int n, const DpmSolverPp& sampler) {
    return carried_both_ways(sampler, even_course(Path::preserving, n, false), {}).variance();
  };
  const DpmSolverPp third{.order = 3}, stubborn{.order = 3, .lower_order_final = false};
  CHECK(end(14, third) != end(14, stubborn));
  CHECK(end(15, third) == end(15, stubborn));
  // A run of one step is of order 1, of two steps too if it ends with lower orders.
  CHECK(end(1, stubborn) == end(1, {.order = 1}));
  CHECK(end(2, third) == end(2, {.order = 1}));
  CHECK(end(2, stubborn) == end(2, {.order = 2, .lower_order_final = false}));
  CHECK(end(2, stubborn) != end(2, {.order = 1}));
}

TEST_CASE("dpm solver: a step that ends without noise ends at x0") {
  const Trajectory one{{level_of(Path::preserving, .5), {-1, 1, 0}}};
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const Pixels<double> start{{1., -2.}};
  for (const int order : {1, 2, 3}) {
    CHECK(run_both_ways(DpmSolver{.order = order}, one, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(run_both_ways(DpmSolverPp{.order = order}, one, start, denoise, silent).values == std::vector{.25, -.5});
  }
}

TEST_CASE("dpm solver: a run from a level without signal, whose estimate is no point of a later line") {
  std::vector<Level> levels = even_course(Path::preserving, 16, true).levels;
  levels.insert(levels.begin(), {99, 0, 1});
  const Gaussian data;
  for (const int order : {1, 2, 3}) {
    const Affine x = data.carry(DpmSolverPp{.order = order}, levels);
    CHECK(std::abs(x.mean() - data.mean) < .02);
    CHECK(x.variance() > 0);
  }
  CHECK_THROWS_AS(trace(DpmSolver{}, levels), std::invalid_argument);
}

TEST_CASE("dpm solver: an order and a curvature that are none are refused in words") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  for (const int order : {0, 4, -1})
    CHECK_THROWS_AS(trace(DpmSolver{.order = order}, trajectory), std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(DpmSolverPp{.order = 4}, trajectory), "[DpmSolver] has the orders 1, 2 and 3, not 4",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(DpmSolver{.curvature = std::numeric_limits<double>::infinity()}, trajectory),
                       "[DpmSolver] curvature must be finite, got inf", std::invalid_argument);
}
