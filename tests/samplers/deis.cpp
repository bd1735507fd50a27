#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <hush/samplers/ddim.hpp>
#include <hush/samplers/deis.hpp>
#include <hush/samplers/dpm_solver.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

/// tAB-DEIS with its coefficients (Zhang and Chen 2023, eq. 15) as they are defined: the integral over rho of
/// Lagrange's polynomials in ln(rho), by Simpson's rule.
struct Literal {
  int order;

  template <class X>
  struct Memory {
    std::vector<double> rho;
    std::vector<X> eps;
  };

  static double coefficient(const std::vector<double>& rho, std::size_t i, std::size_t used, double to) {
    const int n = 2000;
    double sum = 0;
    for (int k = 0; k <= n; ++k) {
      const double tau = rho[0] + (to - rho[0]) * k / n;
      double value = k == 0 || k == n ? 1 : k % 2 == 1 ? 4 : 2;
      for (std::size_t j = 0; j < used; ++j)
        if (j != i) value *= (std::log(tau) - std::log(rho[j])) / (std::log(rho[i]) - std::log(rho[j]));
      sum += value;
    }
    return sum * (to - rho[0]) / n / 3;
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory) const {
    memory.rho.insert(memory.rho.begin(), from.noise / from.signal);
    memory.eps.insert(memory.eps.begin(), denoise(x, from).eps);
    const std::size_t used = std::min(memory.rho.size(), std::size_t(order));
    X y = 1 / from.signal * x;
    for (std::size_t i = 0; i < used; ++i)
      y = y + coefficient(memory.rho, i, used, to.noise / to.signal) * memory.eps[i];
    return to.signal * y;
  }
};

}  // namespace

TEST_CASE("deis: the coefficients are the integrals of the paper") {
  const TwoModes data;
  const auto exact = [&](double x, Level at) { return data.denoise(x, at); };
  const auto draw = [](int, int) -> double { throw std::logic_error("nobody may ask for noise"); };
  for (const Path path : all_paths)
    for (const int order : {1, 2, 3}) {
      const Trajectory trajectory = even_course(path, 20, false);
      const double x = .8 * trajectory.from().noise;
      CHECK(run_eagerly(Deis{order}, trajectory, x, exact, draw) ==
            doctest::Approx(run_eagerly(Literal{order}, trajectory, x, exact, draw)).epsilon(1e-9));
    }
}

TEST_CASE("deis: order 1 is DDIM, order 2 and 3 are DPM-Solver with the polynomial") {
  const auto same = [](const Affine& a, const Affine& b) {
    CHECK(std::abs(a.mean() - b.mean()) < 1e-12);
    CHECK(std::abs(a.variance() - b.variance()) < 1e-12);
  };
  for (const Path path : all_paths)
    for (const int n : {10, 20}) {
      const Trajectory trajectory = even_course(path, n, true);
      same(carried_both_ways(Deis{1}, trajectory, {}), carried_both_ways(Ddim{}, trajectory, {}));
      for (const int order : {2, 3})
        for (const bool final : {false, true}) {
          const DpmSolver polynomial{order, DpmVariant::heun, final};
          same(carried_both_ways(Deis{order, final}, trajectory, {}), carried_both_ways(polynomial, trajectory, {}));
        }
    }
}

TEST_CASE("deis: the measured order of convergence") {
  converges(Deis{1}, 1, .15);
  converges(Deis{2}, 2, .25);
  converges(Deis{3}, 3, .3, 128);
}

TEST_CASE("deis: Gaussian data stay what they are") {
  keeps_gaussian(Deis{1}, 400, .02);
  keeps_gaussian(Deis{2}, 400, 1e-3);
  keeps_gaussian(Deis{3}, 400, 1e-4);
}

TEST_CASE("deis: one step, to the clean level") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}};
  for (const int order : {1, 2, 3})
    CHECK(run_both_ways(Deis{order}, clean, start, denoise, silent).values == std::vector{.25, -.5});
}

TEST_CASE("deis: an order it has not, and a start without signal") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  for (const int order : {0, 4, -1}) CHECK_THROWS_AS(trace(Deis{order}, trajectory), std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(Deis{4}, trajectory), "[Deis] has the orders 1, 2 and 3, not 4", std::invalid_argument);
  CHECK_THROWS_AS(trace(Deis{}, {{9, 0, 1}, {8, .6, .8}}), std::invalid_argument);
}
