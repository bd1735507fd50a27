#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <hush/samplers/shared/exponential_integrator.hpp>

using namespace hush;
using namespace hush::detail;

namespace {

/// rate * integral of e^{rate (h - v)} f(v) dv over v in [0, h], by Simpson's rule.
double integral(double h, double rate, auto&& f) {
  const int n = 4000;
  double sum = 0;
  for (int i = 0; i <= n; ++i) {
    const double v = h * i / n;
    sum += (i == 0 || i == n ? 1 : i % 2 == 1 ? 4 : 2) * std::exp(rate * (h - v)) * f(v);
  }
  return rate * sum * h / n / 3;
}

/// The weights by another way: they must be right for 1, v, v^2 ..., a system that Gauss's elimination solves.
std::vector<double> solved(const std::vector<double>& nodes, double h, double rate) {
  const std::size_t n = nodes.size();
  std::vector<std::vector<double>> rows(n, std::vector<double>(n + 1));
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < n; ++i) rows[k][i] = std::pow(nodes[i], double(k));
    rows[k][n] = integral(h, rate, [&](double v) { return std::pow(v, double(k)); });
  }
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i)
      if (std::abs(rows[i][k]) > std::abs(rows[pivot][k])) pivot = i;
    std::swap(rows[k], rows[pivot]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = rows[i][k] / rows[k][k];
      for (std::size_t j = k; j <= n; ++j) rows[i][j] -= factor * rows[k][j];
    }
  }
  std::vector<double> weights;
  for (std::size_t k = 0; k < n; ++k) weights.push_back(rows[k][n] / rows[k][k]);
  return weights;
}

}  // namespace

TEST_CASE("exponential integrator: lambda is the logarithm of signal over noise") {
  CHECK(half_log_snr({0, .6, .8}) == doctest::Approx(std::log(.75)));
  CHECK(half_log_snr({0, 1, .5}) == doctest::Approx(std::log(2.)));
  CHECK(half_log_snr({0, 1, 0}) == std::numeric_limits<double>::infinity());
}

TEST_CASE("exponential integrator: the moments are their integrals, for short and long intervals, both signs") {
  for (const double h : {1e-3, .2, .999, 1.001, 3., -.4})
    for (const double rate : {-1., 1., -2., -1.5}) {
      const std::vector<double> moments = exponential_moments(h, rate, 4);
      for (std::size_t k = 0; k < 4; ++k) {
        CAPTURE(h);
        CAPTURE(rate);
        CAPTURE(k);
        const double exact = integral(h, rate, [&](double v) { return std::pow(v, double(k)); });
        CHECK(moments[k] == doctest::Approx(exact).epsilon(1e-9));
      }
    }
  CHECK(exponential_moments(0, -1, 3) == std::vector<double>{0, 0, 0});
  CHECK(exponential_moments(std::numeric_limits<double>::infinity(), -1, 1) == std::vector<double>{-1});
}

TEST_CASE("exponential integrator: the weights are those of a linear system, and exact for polynomials") {
  const std::vector<std::vector<double>> nodes = {{0}, {-.7, 0}, {0, .4}, {-1.1, -.3, 0}, {-1.1, -.3, 0, .8}};
  for (const auto& at : nodes)
    for (const double rate : {-1., 1., -2.}) {
      const std::vector<double> weights = exponential_weights(at, .8, rate), other = solved(at, .8, rate);
      REQUIRE(weights.size() == at.size());
      for (std::size_t i = 0; i < at.size(); ++i) CHECK(weights[i] == doctest::Approx(other[i]).epsilon(1e-8));
    }
  const auto cubic = [](double v) { return 2 - v + 3 * v * v - .5 * v * v * v; };
  const std::vector<double> weights = exponential_weights({-1.1, -.3, 0, .8}, .8, -1);
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) sum += weights[i] * cubic(std::vector{-1.1, -.3, 0., .8}[i]);
  CHECK(sum == doctest::Approx(integral(.8, -1, cubic)).epsilon(1e-9));
}

TEST_CASE("exponential integrator: the curvature is the share of v^2") {
  const std::vector<double> nodes = {-1.1, -.3, 0};
  const auto apply = [&](double curvature, auto&& f) {
    const std::vector<double> weights = exponential_weights(nodes, .8, -1, curvature);
    return weights[0] * f(nodes[0]) + weights[1] * f(nodes[1]) + weights[2] * f(nodes[2]);
  };
  const auto line = [](double v) { return 2 - v; };
  const auto square = [](double v) { return v * v; };
  CHECK(apply(.5, line) == doctest::Approx(apply(1, line)).epsilon(1e-12));
  CHECK(apply(.5, square) == doctest::Approx(.5 * apply(1, square)).epsilon(1e-12));
}

TEST_CASE("exponential integrator: with the exact x0 or eps of a point mass, one step is exact") {
  // x0 = 1 everywhere: x = signal + noise * eps with an eps that stays.
  const Level levels[] = {{0, .6, .8}, {0, .8, .6}, {0, 1, 3}, {0, 1, .2}, {0, .3, .7}, {0, .9, .1}};
  for (int i = 0; i < 6; i += 2) {
    const Level from = levels[i], to = levels[i + 1];
    const double eps = .37, x = from.signal + from.noise * eps, exact = to.signal + to.noise * eps;
    CHECK(DataPrediction::over(from, to).through(x, {{from, 1.}}) == doctest::Approx(exact).epsilon(1e-14));
    CHECK(NoisePrediction::over(from, to).through(x, {{from, eps}}) == doctest::Approx(exact).epsilon(1e-14));
    const ExponentialStep over = DataPrediction::over(from, to);
    CHECK(over.slanted(x, {from, 1.}, {to, 1.}, over.bh2()) == doctest::Approx(exact).epsilon(1e-14));
    CHECK(over.slanted(x, {from, 1.}, {to, 1.}, over.bh1()) == doctest::Approx(exact).epsilon(1e-14));
  }
}

TEST_CASE("exponential integrator: noise prediction has no step from a level without signal") {
  CHECK_THROWS_WITH_AS(NoisePrediction::over({9, 0, 1}, {8, .6, .8}),
                       "[sampler] noise prediction cannot start at a level without signal; take data prediction",
                       std::invalid_argument);
  const Level none{9, 0, 1}, some{8, .6, .8};
  CHECK(DataPrediction::over(none, some).through(.3, {{none, .5}}) == doctest::Approx(.8 * .3 + .6 * .5));
}

TEST_CASE("exponential integrator: the past is as long as it may be, and forgets what had no signal") {
  std::vector<Estimate<double>> past;
  remember<double>(past, {{9, 0, 1}, 1.}, 2);
  REQUIRE(past.size() == 1);
  remember<double>(past, {{8, .6, .8}, 2.}, 2);
  REQUIRE(past.size() == 1);
  CHECK(past[0].value == 2);
  remember<double>(past, {{7, .8, .6}, 3.}, 2);
  remember<double>(past, {{6, .9, .4}, 4.}, 2);
  REQUIRE(past.size() == 2);
  CHECK(past[0].value == 3);
  CHECK(past[1].value == 4);
  CHECK(newest(past, 1)[0].value == 4);

  Trajectory trajectory{std::vector<Level>(11)};
  CHECK(order_now(3, past, trajectory, false) == 2);
  CHECK(order_now(1, past, trajectory, false) == 1);
  trajectory.step = 9;
  CHECK(order_now(3, past, trajectory, true) == 1);
  CHECK(order_now(3, past, trajectory, false) == 2);
}

TEST_CASE("exponential integrator: a run of few steps ends with lower orders, where it may") {
  const Estimate<double> estimate{{6, .9, .4}, 4.};
  const auto used = [&](int steps, int left, bool lower_order_final) {
    Trajectory trajectory{std::vector<Level>(std::size_t(steps) + 1)};
    trajectory.step = steps - left;
    std::vector<Estimate<double>> past{estimate, estimate};
    return estimates_now<double>(past, estimate, 3, trajectory, lower_order_final).size();
  };
  CHECK(used(14, 3, true) == 3);
  CHECK(used(14, 2, true) == 2);
  CHECK(used(14, 1, true) == 1);
  CHECK(used(14, 1, false) == 3);
  CHECK(used(15, 1, true) == 3);
}
