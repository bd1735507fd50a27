#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

#include <hush/grid.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/dpm_solver.hpp>
#include <hush/samplers/unipc.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};
using B = UniPcVariant;

/// The solution of rows * a = right, by Cramer's rule: the systems are small.
std::vector<double> solve(const std::vector<std::vector<double>>& rows, const std::vector<double>& right) {
  const auto determinant = [](auto&& self, std::vector<std::vector<double>> m) -> double {
    if (m.empty()) return 1;
    double sum = 0;
    for (std::size_t j = 0; j < m.size(); ++j) {
      std::vector<std::vector<double>> minor;
      for (std::size_t i = 1; i < m.size(); ++i) {
        minor.push_back(m[i]);
        minor.back().erase(minor.back().begin() + std::ptrdiff_t(j));
      }
      sum += (j % 2 == 0 ? 1 : -1) * m[0][j] * self(self, minor);
    }
    return sum;
  };
  std::vector<double> a;
  for (std::size_t j = 0; j < right.size(); ++j) {
    std::vector<std::vector<double>> replaced = rows;
    for (std::size_t i = 0; i < right.size(); ++i) replaced[i][j] = right[i];
    a.push_back(determinant(determinant, replaced) / determinant(determinant, rows));
  }
  return a;
}

/// UniPC on numbers in the letters of Zhao et al. 2023 (algorithms 1 and 2, theorem 3.1; appendix for data): R_p(h),
/// phi_p(h) and B(h), with the differences D_m / r_m; where there is one unknown it is 1/2.
struct Literal {
  int p;
  bool data, bh1, corrects;
  std::vector<Level> t = {};
  std::vector<double> m = {}, x = {};  // estimates, and corrected images

  static double lambda(Level at) { return std::log(at.signal) - std::log(at.noise); }

  /// From level i to another one: R a B(h) = phi, with an unknown a for each of the other estimates that are known,
  /// given by their distance in lambda.
  double update(std::size_t i, Level to, const std::vector<std::pair<double, double>>& known) const {
    const double h = lambda(to) - lambda(t[i]), hh = data ? -h : h, b = bh1 ? hh : std::expm1(hh);
    const std::size_t n = known.size();
    std::vector<std::vector<double>> rows(n, std::vector<double>(n));
    std::vector<double> right(n);
    double phi = std::expm1(hh) / hh, factorial = 1;  // phi_1
    for (std::size_t k = 0; k < n; ++k) {
      factorial *= double(k) + 1;        // (k + 1)!
      phi = (phi - 1 / factorial) / hh;  // phi_(k + 2)
      right[k] = hh * phi * factorial / b;
      for (std::size_t j = 0; j < n; ++j) rows[k][j] = std::pow(known[j].first / h, double(k));
    }
    const std::vector<double> a = n == 1 ? std::vector{.5} : solve(rows, right);
    double residual = 0;
    for (std::size_t j = 0; j < n; ++j) residual += a[j] * (known[j].second - m[i]) / (known[j].first / h);
    const double keep = data ? to.noise / t[i].noise : to.signal / t[i].signal;
    return keep * x[i] - (data ? to.signal : to.noise) * (std::expm1(hh) * m[i] + b * residual);
  }
  std::vector<std::pair<double, double>> before(std::size_t i, int order) const {
    std::vector<std::pair<double, double>> known;
    for (int j = 1; j < order; ++j)
      known.emplace_back(lambda(t[i - std::size_t(j)]) - lambda(t[i]), m[i - std::size_t(j)]);
    return known;
  }

  double run(const std::vector<Level>& levels, double start, const TwoModes& modes) {
    double now = start;
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
      const Denoised<double> answer = modes.denoise(now, levels[i]);
      const double estimate = data ? answer.x0 : answer.eps;
      if (i > 0 && corrects) {
        auto known = before(i - 1, std::min(p, int(i)));
        known.emplace_back(lambda(levels[i]) - lambda(levels[i - 1]), estimate);
        now = update(i - 1, levels[i], known);
      }
      t.push_back(levels[i]), m.push_back(estimate), x.push_back(now);
      now = update(i, levels[i + 1], before(i, std::min(p, int(i) + 1)));
    }
    return now;
  }
};

void same(const Affine& a, const Affine& b) {
  CHECK(std::abs(a.mean() - b.mean()) < 1e-12);
  CHECK(std::abs(a.variance() - b.variance()) < 1e-12);
}

}  // namespace

TEST_CASE("unipc: the systems of the paper") {
  const TwoModes data;
  const auto exact = [&](double x, Level at) { return data.denoise(x, at); };
  const auto draw = [](int, int) -> double { throw std::logic_error("nobody may ask for noise"); };
  const Trajectory trajectory = even_course(Path::preserving, 12, false);
  const auto run = [&](const auto& sampler) { return run_eagerly(sampler, trajectory, .8, exact, draw); };
  for (const int order : {1, 2, 3})
    for (const bool corrector : {false, true})
      for (const bool bh1 : {false, true}) {
        CAPTURE(order);
        CAPTURE(corrector);
        CAPTURE(bh1);
        Literal x0{order, true, bh1, corrector}, eps{order, false, bh1, corrector};
        CHECK(run(UniPc{order, bh1 ? B::bh1 : B::bh2, corrector, false}) ==
              doctest::Approx(x0.run(trajectory.levels, .8, data)).epsilon(1e-10));
        CHECK(run(UniPcNoise{order, bh1 ? B::bh1 : B::bh2, corrector, false}) ==
              doctest::Approx(eps.run(trajectory.levels, .8, data)).epsilon(1e-10));
      }
}

TEST_CASE("unipc: what the scheduler of diffusers computes") {
  std::vector<Level> levels = levels_at(ddpm, {999, 899, 799, 699, 599, 500, 400, 300, 200, 100});
  const auto eps = denoiser(PredictNoise{}, peer_model, 0);
  const auto v = denoiser(PredictVelocity{}, peer_model, 0);
  const auto sum = [&](const auto& sampler, const auto& denoise) {
    return magnitude(run_both_ways(sampler, Trajectory{levels}, peer_sample<double>(), denoise, silent));
  };
  const auto is = [](double golden) { return doctest::Approx(golden).epsilon(1e-11); };
  CHECK(sum(UniPc{.order = 1}, eps) == is(175.8761136811));
  CHECK(sum(UniPc{}, eps) == is(186.7620732692));
  CHECK(sum(UniPc{.order = 3}, eps) == is(187.5004287863));
  CHECK(sum(UniPc{.corrector = false}, eps) == is(185.0113693114));
  levels.back() = ddpm(0);
  CHECK(sum(UniPc{.order = 1, .variant = B::bh1}, eps) == is(180.3346621868));
  CHECK(sum(UniPc{.order = 2, .variant = B::bh1}, eps) == is(193.5753795542));
  CHECK(sum(UniPc{.order = 3, .variant = B::bh1}, eps) == is(193.5999415881));
  CHECK(sum(UniPcNoise{.order = 1}, v) == is(89.0456841397));
  CHECK(sum(UniPcNoise{.order = 2}, v) == is(71.2124475468));
  CHECK(sum(UniPcNoise{.order = 3}, v) == is(70.12740704606));
}

TEST_CASE("unipc: the predictor alone is DDIM, and DPM-Solver") {
  for (const Path path : all_paths)
    for (const int n : {5, 20}) {
      const Trajectory trajectory = even_course(path, n, true);
      const Affine ddim = carried_both_ways(Ddim{}, trajectory, {});
      for (const B variant : {B::bh1, B::bh2}) same(carried_both_ways(UniPc{1, variant, false}, trajectory, {}), ddim);
      same(carried_both_ways(UniPcNoise{.order = 1, .corrector = false}, trajectory, {}), ddim);
      for (const int order : {2, 3}) {
        const UniPc data{.order = order, .corrector = false, .lower_order_final = false};
        const UniPcNoise noise{.order = order, .corrector = false, .lower_order_final = false};
        const DpmSolverPp pp{.order = order, .lower_order_final = false};
        const DpmSolver plain{.order = order, .lower_order_final = false};
        same(carried_both_ways(data, trajectory, {}), carried_both_ways(pp, trajectory, {}));
        same(carried_both_ways(noise, trajectory, {}), carried_both_ways(plain, trajectory, {}));
      }
    }
}

TEST_CASE("unipc: the measured order of convergence, one more with the corrector") {
  for (const bool bh1 : {false, true}) {
    CAPTURE(bh1);
    const auto data = [&](int order, bool corrector) { return UniPc{order, bh1 ? B::bh1 : B::bh2, corrector, false}; };
    const auto noise = [&](int order, bool corrector) {
      return UniPcNoise{order, bh1 ? B::bh1 : B::bh2, corrector, false};
    };
    converges(data(1, false), 1, .15);
    converges(noise(1, false), 1, .15);
    converges(data(2, false), 2, .25, 256);
    converges(noise(2, false), 2, .25, 256);
    converges(data(3, false), 3, .3, 128);
    converges(noise(3, false), 3, .3, 128);
    converges(data(1, true), 2, .25, 128);
    converges(noise(1, true), 2, .25, 128);
    converges(data(2, true), 3, .3, 128);
    converges(noise(2, true), 3, .3, 128);
    for (const Path path : all_paths) {
      CHECK(std::abs(order(data(3, true), path, TwoModes{}, 128) - 4) < .3);
      CHECK(std::abs(order(noise(3, true), path, TwoModes{}, 128) - 4) < .3);
    }
  }
}

TEST_CASE("unipc: Gaussian data stay what they are") {
  keeps_gaussian(UniPc{.order = 1}, 200, 2e-3);
  keeps_gaussian(UniPcNoise{.order = 1}, 200, 2e-3);
  for (const int order : {2, 3}) {
    keeps_gaussian(UniPc{.order = order}, 200, 1e-3);
    keeps_gaussian(UniPcNoise{.order = order}, 200, 1e-3);
    keeps_gaussian(UniPc{.order = order, .variant = B::bh1}, 200, 1e-3);
    keeps_gaussian(UniPcNoise{.order = order, .variant = B::bh1}, 200, 1e-3);
  }
}

TEST_CASE("unipc: a step makes one network call, with and without the corrector") {
  for (const bool corrector : {false, true})
    for (const int order : {1, 2, 3}) {
      int calls = 0;
      const auto denoise = [&](const Pixels<double>& x, Level) {
        ++calls;
        return Denoised<Pixels<double>>{.25 * x, .5 * x};
      };
      const Trajectory trajectory = even_course(Path::preserving, 7, true);
      run_eagerly(UniPc{.order = order, .corrector = corrector}, trajectory, peer_sample<double>(), denoise, silent);
      CHECK(calls == 8);
    }
}

TEST_CASE("unipc: one step, to the clean level, and a run from a level without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}};
  std::vector<Level> dark = even_course(Path::preserving, 16, true).levels;
  dark.insert(dark.begin(), {99, 0, 1});
  for (const int order : {1, 2, 3}) {
    CHECK(run_both_ways(UniPc{order}, clean, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(run_both_ways(UniPcNoise{order}, clean, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(std::abs(Gaussian{}.carry(UniPc{order}, dark).mean() - .3) < .02);
    CHECK(std::abs(Gaussian{}.carry(UniPc{order, B::bh1}, dark).mean() - .3) < .02);
  }
  CHECK_THROWS_AS(trace(UniPcNoise{}, dark), std::invalid_argument);
}

TEST_CASE("unipc: an order it has not is refused in words") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  for (const int order : {0, 4, -1}) CHECK_THROWS_AS(trace(UniPcNoise{order}, trajectory), std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(UniPc{4}, trajectory), "[UniPc] has the orders 1, 2 and 3, not 4", std::invalid_argument);
}
