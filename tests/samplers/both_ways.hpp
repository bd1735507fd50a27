#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "samplers/convergence.hpp"
#include "samplers/pixels.hpp"

namespace samplers {

/// For samplers that must not draw.
inline const auto silent = [](int, int) -> Pixels<double> { throw std::logic_error("nobody may ask for noise"); };

/// The result of a run as the sampler reads, which its plan must give too.
template <class S>
Pixels<double> run_both_ways(const S& sampler, const Trajectory& trajectory, const Pixels<double>& start,
                             const auto& denoise, const auto& draw) {
  const Pixels<double> eager = run_eagerly(sampler, trajectory, start, denoise, draw);
  CHECK(magnitude(run(trace(sampler, trajectory), start, denoise, draw) - eager) <= 1e-12 * magnitude(eager));
  return eager;
}

/// n steps that are even in ln(sigma), from 20 to .02, on a path; and a last one to the clean level, if asked for.
inline Trajectory even_course(Path path, int n, bool to_clean) {
  Trajectory trajectory;
  for (int i = 0; i <= n; ++i) trajectory.levels.push_back(level_of(path, 20 * std::pow(1e-3, double(i) / n)));
  if (to_clean) trajectory.levels.push_back({0, 1, 0});
  trajectory.at_time = [path](double time) { return level_of(path, time); };
  trajectory.time_of = [](double sigma) { return sigma; };
  return trajectory;
}

/// What a sampler makes of Gaussian data, both ways, from exactly noisy images on.
template <class S>
Affine carried_both_ways(const S& sampler, const Trajectory& trajectory, const Gaussian& data) {
  const Level at = trajectory.levels.front();
  const Affine start{at.signal * data.mean, std::hypot(at.signal * data.deviation, at.noise), {}};
  const auto exact = [&](const Affine& x, Level level) { return data.denoise(x, level, Affine{1, 0, {}}); };
  const Affine planned = run(trace(sampler, trajectory), start, exact, affine_draw);
  const Affine eager = run_eagerly(sampler, trajectory, start, exact, affine_draw);
  CHECK(std::abs(planned.mean() - eager.mean()) < 1e-9);
  CHECK(std::abs(planned.variance() - eager.variance()) < 1e-9);
  return planned;
}

/// Checks that mean and deviation of Gaussian data are right where a run of n steps ends, on every path, within
/// `tolerance`; and at the clean level, where what no step sees any more is missing.
template <class S>
void keeps_gaussian(const S& sampler, int n, double tolerance) {
  const Gaussian data;
  for (const Path path : all_paths) {
    CAPTURE(int(path));
    const Trajectory trajectory = even_course(path, n, false);
    const Level end = trajectory.levels.back();
    const Affine x = carried_both_ways(sampler, trajectory, data);
    CHECK(std::abs(x.mean() - end.signal * data.mean) < tolerance);
    CHECK(std::abs(std::sqrt(x.variance()) - std::hypot(end.signal * data.deviation, end.noise)) < tolerance);

    const Affine clean = carried_both_ways(sampler, even_course(path, n, true), data);
    CHECK(std::abs(clean.mean() - data.mean) < tolerance);
    CHECK(std::abs(std::sqrt(clean.variance()) - data.deviation) < tolerance + .001);
  }
}

}  // namespace samplers
