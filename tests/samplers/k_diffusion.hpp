#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/grids/leading.hpp>
#include <hush/random/torch_random.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "samplers/convergence.hpp"
#include "samplers/pixels.hpp"

namespace samplers {

inline bool near(double computed, double expected, double tolerance) {
  return std::abs(computed - expected) <= tolerance;
}

inline const auto no_noise = [](int, int) -> Pixels<double> { throw std::logic_error("nobody may ask for noise"); };

/// The sigmas of a schedule at its times, as diffusers reads between them.
struct SigmaTable {
  std::vector<double> sigmas;

  explicit SigmaTable(const LinearBeta& schedule) {
    for (int i = 0; i < schedule.steps(); ++i) sigmas.push_back(sigma_of(schedule(i)));
  }
  double sigma(double time) const {  // linear in the time
    const std::size_t low = std::min(std::size_t(time), sigmas.size() - 2);
    return sigmas[low] + (time - double(low)) * (sigmas[low + 1] - sigmas[low]);
  }
  double time(double sigma) const {  // linear in ln(sigma)
    std::size_t low = 0;
    while (low + 2 < sigmas.size() && sigmas[low + 1] <= sigma) ++low;
    const double part = std::log(sigma / sigmas[low]) / std::log(sigmas[low + 1] / sigmas[low]);
    return double(low) + std::fmax(0, std::fmin(1, part));
  }
  Level exploding(double sigma) const { return {time(sigma), 1, sigma}; }
  Level preserving(double sigma) const { return {time(sigma), 1 / std::hypot(1, sigma), sigma / std::hypot(1, sigma)}; }

  /// Ten evenly spaced times, the first and the last one included, or as many of Karras' levels, and the clean level.
  std::vector<double> ten(bool karras = false) const {
    std::vector<double> list;
    for (int i = 0; i < 10; ++i) {
      const double first = std::pow(sigmas.back(), 1 / 7.), last = std::pow(sigmas.front(), 1 / 7.);
      list.push_back(karras ? std::pow(first + i / 9. * (last - first), 7)
                            : sigma(double(sigmas.size() - 1) * (9 - i) / 9));
    }
    return list;
  }
  Trajectory exploding(const std::vector<double>& list) const {
    Trajectory trajectory;
    for (const double sigma : list) trajectory.levels.push_back(exploding(sigma));
    trajectory.levels.push_back({-1, 1, 0});
    trajectory.at_time = [this](double sigma) { return exploding(sigma); };
    trajectory.time_of = [](double sigma) { return sigma; };
    return trajectory;
  }
  Trajectory preserving(const std::vector<double>& list) const {
    Trajectory trajectory = exploding(list);
    for (Level& level : trajectory.levels)
      level = {level.time, 1 / std::hypot(1, level.noise), level.noise / std::hypot(1, level.noise)};
    trajectory.at_time = [this](double sigma) { return preserving(sigma); };
    return trajectory;
  }
};

/// A sampler in the loop of the tests of diffusers, which at every step puts x / sqrt(sigma^2 + 1) in the place of x,
/// for the network and for the step; and again in the middle of a step of two network calls.
template <class S>
struct Shrinking {
  S sampler;

  template <class X>
  using Memory = MemoryOf<S, X>;

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level, auto&& noise, Memory<X>& memory,
         const Trajectory& trajectory) const {
    const auto shrunk = [](const X& y, Level at) -> X { return 1 / std::hypot(1, at.noise) * y; };
    const auto fed = [&](const X& y, Level at) -> Denoised<X> {
      if (at == from) return denoise(y, at);
      const X seen = shrunk(y, at);
      const Denoised<X> answer = denoise(seen, at);
      return {y - seen + answer.x0, answer.eps};
    };
    return advance(sampler, fed, shrunk(x, from), trajectory, noise, memory);
  }
};

/// The network of that loop predicts v of the VP level with this sigma.
struct ShrunkVelocity {
  Scalings operator()(Level at) const {
    const double size = 1 + at.noise * at.noise;
    return {1 / size, -at.noise / std::sqrt(size), 1, at.time};
  }
};

/// PyTorch's noise, seed 0, a (4, 3, 8, 8) a draw, in the order in which it is asked for.
struct TorchNoise {
  TorchRandom random{0};
  Pixels<double> operator()(int, int) {
    std::vector<float> z(768);
    random.randn(z);
    return {std::vector<double>(z.begin(), z.end())};
  }
};

/// The sum of the magnitudes at the end of a run of the peers' sample and network, both ways.
template <class S, class P, class N = decltype(no_noise)>
double published(const S& sampler, const Trajectory& trajectory, const P& parameterization, const N& noise = no_noise) {
  const auto denoise = denoiser(parameterization, peer_model, 0);
  const double size = sigma_of(trajectory.levels.front()) * trajectory.levels.front().signal;
  const Pixels<double> start = size * peer_sample<double>();
  const double eager = magnitude(run_eagerly(sampler, trajectory, start, denoise, N(noise)));
  const double planned = magnitude(run(trace(sampler, trajectory), start, denoise, N(noise)));
  CHECK(near(planned, eager, 1e-9 + 1e-11 * eager));
  return eager;
}

/// A run of one number, which is the same on every path: sigma = 9, 4, 1.5, .6, .2, .05, 0 from y = 5 on, with the
/// denoiser tanh(y + .2) / (1 + sigma^2 / 4) and the noise cos(1.7 i + .3) in step i. The expected numbers of the tests
/// were made with the algorithms of k-diffusion, transcribed to plain Python.
template <class S>
void reaches(const S& sampler, double expected) {
  for (const Path path : all_paths) {
    CAPTURE(int(path));
    Trajectory trajectory = course_over(path, 1);
    trajectory.levels.clear();
    for (const double sigma : {9., 4., 1.5, .6, .2, .05, 0.}) trajectory.levels.push_back(level_of(path, sigma));
    const auto denoise = [](double x, Level at) {
      const double sigma = at.noise / at.signal, x0 = std::tanh(x / at.signal + .2) / (1 + sigma * sigma / 4);
      return Denoised<double>{x0, (x - at.signal * x0) / at.noise};
    };
    const auto draw = [](int step, int) { return std::cos(1.7 * step + .3); };
    const double start = 5 * trajectory.levels.front().signal;
    CHECK(run_eagerly(sampler, trajectory, start, denoise, draw) == doctest::Approx(expected).epsilon(1e-12));
    CHECK(run(trace(sampler, trajectory), start, denoise, draw) == doctest::Approx(expected).epsilon(1e-12));
  }
}

/// Checks that two samplers make the same of Gaussian data, number by number and draw by draw, on every path.
template <class A, class B>
void same(const A& one, const B& other, double tolerance = 1e-12) {
  for (const Path path : all_paths) {
    CAPTURE(int(path));
    Trajectory trajectory = course_over(path, 12);
    trajectory.levels.push_back({0, 1, 0});
    const Affine a = Gaussian{}.carry(one, trajectory), b = Gaussian{}.carry(other, trajectory);
    CHECK(near(a.constant, b.constant, tolerance));
    CHECK(near(a.start, b.start, tolerance));
    CHECK(a.draws.size() == b.draws.size());
    for (const auto& [name, coefficient] : a.draws) CHECK(near(coefficient, b.draws.at(name), tolerance));
  }
}

/// The n levels of Karras et al. 2022, eq. 5: from 80 to .002, then 0.
inline Trajectory edm_course(int n) {
  Trajectory trajectory{{}, 0, [](double sigma) { return Level{sigma, 1, sigma}; }, [](double sigma) { return sigma; }};
  const double first = std::pow(80., 1 / 7.), last = std::pow(.002, 1 / 7.);
  for (int i = 0; i < n; ++i) {
    const double sigma = std::pow(first + double(i) / (n - 1) * (last - first), 7);
    trajectory.levels.push_back({sigma, 1, sigma});
  }
  trajectory.levels.push_back({0, 1, 0});
  return trajectory;
}

/// What a sampler makes of N(0, size^2), for Gaussian data.
template <class S>
Affine carried(const S& sampler, const Trajectory& trajectory, double size) {
  const auto exact = [](const Affine& x, Level at) { return Gaussian{}.denoise(x, at, Affine{1, 0, {}}); };
  return run(trace(sampler, trajectory), Affine{0, size, {}}, exact, affine_draw);
}
template <class S>
Affine edm(const S& sampler, int n) {
  return carried(sampler, edm_course(n), 80);
}

/// The slope of the flow of Gaussian data: dy/dsigma = slope * (y - mean).
inline double gaussian_slope(double sigma) { return sigma / (.25 * .25 + sigma * sigma); }

/// What a step makes of y - mean for Gaussian data: a multiple of it, and noise.
struct StepOnGaussian {
  double factor, added;
};

/// Checks the plan of a sampler against its closed form for Gaussian data, `form(sigma, sigma_to)`, on VP and on VE.
template <class S, class F>
void carries(const S& sampler, const F& form) {
  constexpr LinearBeta schedule{};
  const auto compare = [&](const Trajectory& trajectory, double size) {
    double factor = 1, added = 0;
    F steps = form;
    for (int i = 0; i < trajectory.steps(); ++i) {
      const StepOnGaussian step =
          steps(sigma_of(trajectory.levels[std::size_t(i)]), sigma_of(trajectory.levels[std::size_t(i) + 1]));
      factor *= step.factor;
      added = step.factor * step.factor * added + step.added * step.added;
    }
    const Affine x = carried(sampler, trajectory, size);
    const double start = size / trajectory.levels.front().signal;
    CHECK(near(x.mean(), .3 - .3 * factor, 1e-9));
    CHECK(near(x.variance(), factor * factor * start * start + added, 1e-9));
  };
  compare(trajectory(schedule, sampler, Leading{}(schedule, 20)), 1);
  compare(edm_course(18), 80);
}

}  // namespace samplers
