#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/dpm_solver_singlestep.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};
constexpr DpmVariant variants[] = {DpmVariant::midpoint, DpmVariant::heun};

double lambda(Level at) { return std::log(at.signal) - std::log(at.noise); }

/// DPM-Solver-2 and DPM-Solver-3 (Lu et al. 2022a, algorithms 1 and 2), in their letters.
double literal(int order, const TwoModes& data, double x, Level s, Level t) {
  const auto eps = [&](double u, Level at) { return data.denoise(u, at).eps; };
  const double h = lambda(t) - lambda(s);
  const auto at = [&](double r) { return level_of(Path::preserving, std::exp(-lambda(s) - r * h)); };
  const auto first = [&](Level to, double r) {
    return to.signal / s.signal * x - to.noise * std::expm1(r * h) * eps(x, s);
  };
  if (order == 2) {
    const Level s1 = at(.5);
    return t.signal / s.signal * x - t.noise * std::expm1(h) * eps(first(s1, .5), s1);
  }
  const double r1 = 1. / 3, r2 = 2. / 3;
  const Level s1 = at(r1), s2 = at(r2);
  const double d1 = eps(first(s1, r1), s1) - eps(x, s);
  const double u2 = first(s2, r2) - s2.noise * r2 / r1 * (std::expm1(r2 * h) / (r2 * h) - 1) * d1;
  const double d2 = eps(u2, s2) - eps(x, s);
  return first(t, 1) - t.noise / r2 * (std::expm1(h) / h - 1) * d2;
}

/// DPM-Solver++(2S) (Lu et al. 2022b, algorithm 1), with r = 1/2.
double literal_pp(const TwoModes& data, double x, Level s, Level t) {
  const double h = lambda(t) - lambda(s), r = .5;
  const Level middle = level_of(Path::preserving, std::exp(-lambda(s) - r * h));
  const double x0 = data.denoise(x, s).x0;
  const double u = middle.noise / s.noise * x - middle.signal * std::expm1(-r * h) * x0;
  const double d = (1 - 1 / (2 * r)) * x0 + 1 / (2 * r) * data.denoise(u, middle).x0;
  return t.noise / s.noise * x - t.signal * std::expm1(-h) * d;
}

/// The peers call the network once a step of their grid, so that `groups[i]` of its intervals are one step of that
/// order here, and its levels in between are where that step looks. The last interval ends at the last level.
template <class S>
Pixels<double> as_the_peers(S sampler, const std::vector<Level>& levels, const std::vector<int>& groups,
                            const auto& denoise) {
  Pixels<double> x = peer_sample<double>();
  std::size_t from = 0;
  for (const int order : groups) {
    sampler.order = order;
    std::size_t between = from;
    const Trajectory trajectory{{levels[from], levels[from + std::size_t(order)]},
                                0,
                                [&](double) { return levels[++between]; },
                                [](double sigma) { return sigma; }};
    x = run_eagerly(sampler, trajectory, x, denoise, silent);
    from += std::size_t(order);
  }
  REQUIRE(from + 1 == levels.size());
  return x;
}

}  // namespace

TEST_CASE("dpm solver, singlestep: order 1 is DDIM") {
  for (const Path path : all_paths) {
    const Trajectory trajectory = even_course(path, 12, true);
    const Affine ddim = carried_both_ways(Ddim{}, trajectory, {});
    for (const Affine& x : {carried_both_ways(DpmSolverSinglestep{.order = 1}, trajectory, {}),
                            carried_both_ways(DpmSolverPpSinglestep{.order = 1}, trajectory, {})}) {
      CHECK(std::abs(x.mean() - ddim.mean()) < 1e-12);
      CHECK(std::abs(x.variance() - ddim.variance()) < 1e-12);
    }
  }
}

TEST_CASE("dpm solver, singlestep: the algorithms in the letters of their papers") {
  const TwoModes data;
  const auto denoise = [&](double x, Level at) { return data.denoise(x, at); };
  const auto draw = [](int, int) -> double { throw std::logic_error("nobody may ask for noise"); };
  Trajectory trajectory = even_course(Path::preserving, 5, false);
  const std::vector<Level> levels = trajectory.levels;
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    trajectory.levels = {levels[i], levels[i + 1]};
    const double x = .3 * levels[i].signal + .8 * levels[i].noise;
    const auto step = [&](const auto& sampler) { return run_eagerly(sampler, trajectory, x, denoise, draw); };
    CHECK(step(DpmSolverSinglestep{.order = 2}) ==
          doctest::Approx(literal(2, data, x, levels[i], levels[i + 1])).epsilon(1e-12));
    CHECK(step(DpmSolverSinglestep{.order = 3}) ==
          doctest::Approx(literal(3, data, x, levels[i], levels[i + 1])).epsilon(1e-12));
    CHECK(step(DpmSolverPpSinglestep{.order = 2}) ==
          doctest::Approx(literal_pp(data, x, levels[i], levels[i + 1])).epsilon(1e-12));
  }
}

TEST_CASE("dpm solver, singlestep: what the schedulers of diffusers compute, where they do the same") {
  const auto eps = denoiser(PredictNoise{}, peer_model, 0);
  const auto v = denoiser(PredictVelocity{}, peer_model, 0);
  std::vector<Level> levels = levels_at(ddpm, {999, 899, 799, 699, 599, 500, 400, 300, 200, 100});
  const double two = magnitude(as_the_peers(DpmSolverPpSinglestep{}, levels, {2, 2, 2, 2, 1, 1}, eps));
  CHECK(two == doctest::Approx(174.9404632258).epsilon(1e-11));
  levels.back() = ddpm(0);
  const double noise = magnitude(as_the_peers(DpmSolverSinglestep{}, levels, {2, 2, 2, 2, 1, 1}, v));
  CHECK(noise == doctest::Approx(79.64359915598).epsilon(1e-11));

  std::vector<Level> karras;  // 12 steps from sigma_max to sigma_min with rho = 7, and to the clean level
  const double times[] = {999, 949, 892, 826, 747, 651, 527, 363, 180, 59, 12, 0};
  const double first = std::pow(157.4072808104, 1 / 7.), last = std::pow(.0100005000375, 1 / 7.);
  for (int i = 0; i < 12; ++i) {
    karras.push_back(level_of(Path::preserving, std::pow(first + i / 11. * (last - first), 7)));
    karras.back().time = times[i];
  }
  karras.push_back({-1, 1, 0});
  const DpmSolverPpSinglestep heun{.variant = DpmVariant::heun};
  CHECK(magnitude(as_the_peers(heun, karras, {2, 2, 2, 2, 2, 1, 1}, eps)) ==
        doctest::Approx(190.6510965113).epsilon(1e-11));
  CHECK(magnitude(as_the_peers(heun, karras, {3, 3, 3, 2, 1}, eps)) == doctest::Approx(211.2840907426).epsilon(1e-11));
}

TEST_CASE("dpm solver, singlestep: the measured order of convergence") {
  converges(DpmSolverSinglestep{.order = 1}, 1, .15);
  converges(DpmSolverPpSinglestep{.order = 1}, 1, .15);
  for (const DpmVariant variant : variants) {
    CAPTURE(int(variant));
    converges(DpmSolverSinglestep{2, variant}, 2, .25);
    converges(DpmSolverPpSinglestep{2, variant}, 2, .25);
    converges(DpmSolverSinglestep{3, variant}, 3, .3);
    converges(DpmSolverPpSinglestep{3, variant}, 3, .3);
  }
}

TEST_CASE("dpm solver, singlestep: Gaussian data stay what they are") {
  for (const DpmVariant variant : variants) {
    keeps_gaussian(DpmSolverSinglestep{2, variant}, 100, 2e-3);
    keeps_gaussian(DpmSolverPpSinglestep{2, variant}, 100, 2e-3);
    keeps_gaussian(DpmSolverSinglestep{3, variant}, 100, 1e-4);
    keeps_gaussian(DpmSolverPpSinglestep{3, variant}, 100, 1e-4);
  }
}

TEST_CASE(
    "dpm solver, singlestep: a step of order k makes k calls, at levels of the schedule, the last one makes one") {
  const auto both = [](const auto& sampler) {
    const Trajectory run = trajectory(ddpm, sampler, {999, 600, 300, 0});
    std::vector<double> times;
    const auto plain = denoiser(PredictNoise{}, peer_model, 0);
    const auto denoise = [&](const Pixels<double>& x, Level at) {
      times.push_back(at.time);
      const Level level = ddpm(at.time);
      CHECK(level == at);
      return plain(x, at);
    };
    run_eagerly(sampler, run, peer_sample<double>(), denoise, silent);
    run_both_ways(sampler, run, peer_sample<double>(), plain, silent);
    for (std::size_t i = 1; i < times.size(); ++i) CHECK(times[i] < times[i - 1]);
    return int(times.size());
  };
  for (const int order : {1, 2, 3}) {
    CHECK(both(DpmSolverSinglestep{.order = order}) == 3 * order + 1);
    CHECK(both(DpmSolverPpSinglestep{.order = order}) == 3 * order + 1);
  }
}

TEST_CASE("dpm solver, singlestep: one step, to the clean level and from one without signal") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const Pixels<double> start{{1., -2.}};
  const Trajectory clean{{level_of(Path::preserving, .5), {-1, 1, 0}}}, dark{{{9, 0, 1}, {8, .6, .8}}};
  for (const int order : {1, 2, 3}) {
    CHECK(run_both_ways(DpmSolverSinglestep{order}, clean, start, denoise, silent).values == std::vector{.25, -.5});
    CHECK(run_both_ways(DpmSolverPpSinglestep{order}, clean, start, denoise, silent).values == std::vector{.25, -.5});
    const auto x = run_both_ways(DpmSolverPpSinglestep{order}, dark, start, denoise, silent);
    CHECK(x.values[0] == doctest::Approx(.6 * .25 + .8));
  }
}

TEST_CASE("dpm solver, singlestep: no such order, and no schedule to ask") {
  const Trajectory trajectory = even_course(Path::preserving, 4, true);
  for (const int order : {0, 4, -1})
    CHECK_THROWS_AS(trace(DpmSolverSinglestep{order}, trajectory), std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(DpmSolverPpSinglestep{0}, trajectory),
                       "[DpmSolverSinglestep] has the orders 1, 2 and 3, not 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(DpmSolverPpSinglestep{}, trajectory.levels),
                       "[sampler] wants levels between those of the run, and this trajectory knows no schedule",
                       std::invalid_argument);
}
