#include <hush/samplers/sa_solver.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <hush/grids/linspace.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/random/torch_random.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/dpm_solver_sde.hpp>
#include <hush/samplers/unipc.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

bool same(const Affine& a, const Affine& b) {
  double apart = std::abs(a.constant - b.constant) + std::abs(a.start - b.start);
  for (const auto& [name, coefficient] : (a - b).draws) apart += std::abs(coefficient);
  return apart < 1e-11;
}

double error(const SaSolver& sampler, Path path, int n) {
  const Gaussian data;
  const Trajectory trajectory = even_course(path, n, false);
  const Level end = trajectory.levels.back();
  const Affine x = carried_both_ways(sampler, trajectory, data);
  CHECK(std::abs(x.mean() - end.signal * data.mean) < 1e-4);
  return std::abs(std::sqrt(x.variance()) - std::hypot(end.signal * data.deviation, end.noise));
}

/// SA-Solver on numbers, step by step with its own noise: a run of predictor p and corrector c that does not end with
/// lower orders. Integrals over lambda by Simpson's rule; `leading`: of two estimates the leading terms, as the
/// authors' program.
struct Literal {
  int p, c;
  double tau;
  bool leading = false;
  std::vector<double> at = {}, values = {};  // lambdas and estimates of x0

  double polynomial(double v, std::size_t first, std::size_t end) const {
    double sum = 0;
    for (std::size_t i = first; i < end; ++i) {
      double basis = values[i];
      for (std::size_t j = first; j < end; ++j)
        if (j != i) basis *= (v - at[j]) / (at[i] - at[j]);
      sum += basis;
    }
    return sum;
  }
  double drift(std::size_t step, double end, std::size_t count) const {
    const std::size_t last = at.size(), first = last - count;
    const double rate = 1 + tau * tau, begin = at[step], h = end - begin;
    if (leading && count == 2) {
      const std::size_t other = last - 1 == step ? step - 1 : last - 1;
      const double slope = (values[other] - values[step]) / (at[other] - begin);
      return (1 - std::exp(-rate * h)) * values[step] + rate * h * h / 2 * slope;
    }
    constexpr int pieces = 2000;
    double sum = 0;
    for (int i = 0; i <= pieces; ++i) {
      const double v = begin + h * i / pieces, weight = i == 0 || i == pieces ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * h / pieces / 3 * rate * std::exp(-rate * (end - v)) * polynomial(v, first, last);
    }
    return sum;
  }
  double run(const std::vector<Level>& levels, double x, auto&& denoise, auto&& draw) {
    const auto step = [&](std::size_t i, double begin, std::size_t count) {
      const Level from = levels[i], to = levels[i + 1];
      const double end = std::log(to.signal / to.noise), h = end - at[i], kept = std::exp(-tau * tau * h);
      return to.noise / from.noise * kept * begin + to.signal * drift(i, end, count) +
             to.noise * std::sqrt(1 - kept * kept) * draw(int(i), 0);
    };
    double begin = x;
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
      at.push_back(std::log(levels[i].signal / levels[i].noise));
      values.push_back(denoise(x, levels[i]).x0);
      if (i > 0 && c > 0) x = step(i - 1, begin, std::min(std::size_t(c), i + 1));
      begin = x;
      x = step(i, begin, std::min(std::size_t(p), i + 1));
    }
    return x;
  }
};

}  // namespace

TEST_CASE("sa-solver: the predictor of order 1 is DDPM with tau 1, of DPM-Solver++ for the SDE with others") {
  for (const Path path : all_paths)
    for (const bool to_clean : {false, true}) {
      const Trajectory trajectory = even_course(path, 12, to_clean);
      const SaSolver first{.predictor_order = 1, .corrector_order = 0};
      CHECK(same(carried_both_ways(first, trajectory, {}), carried_both_ways(Ddpm{}, trajectory, {})));
      const SaSolver still{.predictor_order = 1, .corrector_order = 0, .tau = .6};
      CHECK(same(carried_both_ways(still, trajectory, {}),
                 carried_both_ways(DpmSolverSde{.order = 1, .eta = .36}, trajectory, {})));
    }
}

TEST_CASE("sa-solver: without noise and with one more estimate in the corrector it is UniPC") {
  for (const Path path : all_paths)
    for (const int order : {1, 2, 3})
      for (const bool low : {false, true}) {
        const Trajectory trajectory = even_course(path, 12, true);
        const SaSolver sa{order, order + 1, 0, 0, 1e9, low, true};
        const UniPc unipc{order, UniPcVariant::bh1, true, low};
        CHECK(same(carried_both_ways(sa, trajectory, {}), carried_both_ways(unipc, trajectory, {})));
      }
}

TEST_CASE("sa-solver: predictor and corrector as integrals, on one noise") {
  std::vector<Level> levels;
  for (const double sigma : {8., 5., 3., 1.5, .8, .4}) levels.push_back(level_of(Path::preserving, sigma));
  const auto denoise = [](double x, Level at) { return TwoModes{}.denoise(x, at); };
  const auto draw = [](int step, int) { return .3 - step; };
  for (const double tau : {0., .8, 1.})
    for (const int p : {1, 2, 3, 4})
      for (const int c : {0, 1, 2, 3, 4})
        for (const bool leading : {false, true}) {
          CAPTURE(tau);
          CAPTURE(p);
          CAPTURE(c);
          const double found = run_eagerly(SaSolver{p, c, tau, 0, 1e9, false, leading}, levels, 2., denoise, draw);
          CHECK(found == doctest::Approx(Literal{p, c, tau, leading}.run(levels, 2, denoise, draw)).epsilon(1e-9));
        }
}

TEST_CASE("sa-solver: what the scheduler of diffusers computes") {
  // Of its dummy sample, with its dummy network and torch's noise of seed 0, in double; it draws in each step.
  struct Row {
    int steps;
    SaSolver sampler;
    bool velocity;
    double sum, first, second;
  };
  const LinearBeta ddpm;
  const auto like_theirs = [](int p, int c, double tau, bool low) { return SaSolver{p, c, tau, 0, 1e9, low, true}; };
  SaSolver by_default = like_theirs(2, 2, 1, true);  // tau is 1 at times from 200 to 800
  by_default.noise_min = sigma_of(ddpm(200));
  by_default.noise_max = sigma_of(ddpm(800));
  const Row rows[] = {
      {10, like_theirs(2, 2, 0, true), false, 195.3842832167, 0, 0.002653524054985},
      {10, like_theirs(2, 2, 1, true), false, 339.1531661805, -0.4450854248012, 0.2035878945111},
      {10, by_default, false, 341.5798080822, -0.448181927221, 0.2215286028861},
      {10, like_theirs(3, 3, 1, true), false, 336.319136632, -0.3914390015899, 0.1872121378018},
      {10, like_theirs(1, 1, 1, true), false, 247.5074905173, -0.2383615971313, 0.142995148003},
      {20, like_theirs(3, 4, 1, false), true, 1680.706115228, -0.4245121024017, 4.947556457789},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sum);
    TorchRandom random{0};
    std::vector<Pixels<double>> drawn;
    for (int i = 0; i < row.steps; ++i) {
      std::vector<float> z(768);
      random.randn(z);
      drawn.push_back({{z.begin(), z.end()}});
    }
    std::vector<Level> levels = levels_at(ddpm, Linspace{.closed = false}(ddpm, row.steps));
    levels.back() = ddpm(0);  // where that scheduler ends
    const auto draw = [&](int step, int) { return drawn[std::size_t(step)]; };
    const auto run = [&](const auto& denoise) {
      return run_both_ways(row.sampler, Trajectory{levels}, peer_sample<double>(), denoise, draw);
    };
    const Pixels<double> x =
        row.velocity ? run(denoiser(PredictVelocity{}, peer_model, 0)) : run(denoiser(PredictNoise{}, peer_model, 0));
    CHECK(magnitude(x) == doctest::Approx(row.sum).epsilon(1e-6));
    CHECK(x.values[0] == doctest::Approx(row.first).epsilon(1e-5).scale(1e-2));
    CHECK(x.values[1] == doctest::Approx(row.second).epsilon(1e-5).scale(1e-2));
  }
}

TEST_CASE("sa-solver: the measured order of convergence without noise, and Gaussian data with it") {
  const auto still = [](int predictor, int corrector) { return SaSolver{predictor, corrector, 0, 0, 1e9, false}; };
  converges(still(1, 0), 1, .15);
  converges(still(2, 0), 2, .25, 256);
  converges(still(3, 0), 3, .3, 128);
  for (const Path path : all_paths) {
    CHECK(std::abs(order(still(2, 2), path, TwoModes{}, 256) - 2) < .3);
    // On Gaussian data its error changes its sign among such numbers of steps.
    CHECK(flow_error(still(2, 2), TwoModes{.gap = 0}, path, 256) <
          flow_error(still(2, 0), TwoModes{.gap = 0}, path, 256));
  }
  converges(still(2, 3), 3, .3, 128);
  for (const Path path : all_paths)
    for (const double tau : {.5, 1.}) {
      CAPTURE(int(path));
      CAPTURE(tau);
      for (const int corrector : {0, 2}) {
        const SaSolver second{.corrector_order = corrector, .tau = tau};
        CHECK(error(second, path, 200) < 1e-3);
        CHECK(error(second, path, 200) < std::fmax(.35 * error(second, path, 100), 1e-5));
      }
    }
  keeps_gaussian(SaSolver{}, 100, 2e-3);
  keeps_gaussian(SaSolver{.predictor_order = 3, .corrector_order = 3}, 100, 2e-3);
}

TEST_CASE("sa-solver: where x0 is known, the noise is exact for any tau, and none comes in outside its range") {
  const Gaussian data{.mean = .3, .deviation = 0};
  for (const Path path : all_paths)
    for (const double tau : {0., .3, 1., 2.})
      for (const int order : {1, 2, 3, 4}) {
        const Trajectory trajectory = even_course(path, 7, false);
        const Level end = trajectory.levels.back();
        const Affine x = carried_both_ways(SaSolver{order, order, tau}, trajectory, data);
        CHECK(x.mean() == doctest::Approx(.3 * end.signal).epsilon(1e-10));
        CHECK(x.variance() == doctest::Approx(end.noise * end.noise).epsilon(1e-10));
      }
  const Trajectory trajectory = even_course(Path::exploding, 20, true);  // a step's sigma is 20 * 1e-3^(i / 20)
  const Affine x = carried_both_ways(SaSolver{.noise_min = .5, .noise_max = 5}, trajectory, {});
  for (const auto& [name, coefficient] : x.draws) {
    const double sigma = trajectory.levels[std::size_t(name.first)].noise;
    CHECK(sigma >= .5);
    CHECK(sigma <= 5);
  }
  CHECK(x.draws.size() == 6);
}

TEST_CASE("sa-solver: one step, to the clean level, and a run from a level without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const auto ones = [](int, int) { return Pixels<double>{{1., 1.}}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}}, dark{{{9, 0, 1}, {8, .6, .8}}};
  std::vector<Level> long_dark = even_course(Path::preserving, 16, true).levels;
  long_dark.insert(long_dark.begin(), {99, 0, 1});
  for (const int order : {1, 2, 3, 4}) {
    CHECK(run_both_ways(SaSolver{order, order}, clean, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(run_both_ways(SaSolver{order, order}, dark, start, denoise, ones).values[0] ==
          doctest::Approx(.6 * .25 + .8));
    CHECK(std::abs(Gaussian{}.carry(SaSolver{order, order}, long_dark).mean() - .3) < .02);
  }
}

TEST_CASE("sa-solver: fields that it has not are refused in words") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  CHECK_THROWS_WITH_AS(trace(SaSolver{.predictor_order = 5}, trajectory),
                       "[SaSolver] has predictors of order 1 to 4 and correctors of 0 to 4, not 5 and 2",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(SaSolver{.corrector_order = -1}, trajectory),
                       "[SaSolver] has predictors of order 1 to 4 and correctors of 0 to 4, not 2 and -1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(SaSolver{.tau = -1}, trajectory), "[SaSolver] tau must be 0 or more and finite, got -1",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(SaSolver{.noise_min = 2, .noise_max = 1}, trajectory),
                       "[SaSolver] wants noise_min <= noise_max, got 2 and 1", std::invalid_argument);
}
