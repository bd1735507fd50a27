#pragma once
#include <cmath>

#include "samplers/pixels.hpp"

namespace samplers {

/// A few numbers that belong to the name of a draw.
inline Pixels<double> named_noise(int step, int ordinal) {
  const double name = 1 + 7.3 * step + 13.7 * ordinal;
  return {{std::sin(name), std::cos(2 * name), std::sin(3 * name + 1)}};
}

/// The largest difference between a run as the sampler reads and the run of its plan, for Gaussian data and noise that
/// is known by its name.
template <class S>
double apart(const S& sampler, const Trajectory& trajectory) {
  const Pixels<double> one{{1, 1, 1}}, start{{-.7, .2, 1.4}};
  const auto denoise = [&](const Pixels<double>& x, Level at) { return Gaussian{}.denoise(x, at, one); };
  const Pixels<double> eager = run_eagerly(sampler, trajectory, start, denoise, named_noise);
  const Pixels<double> planned = run(trace(sampler, trajectory), start, denoise, named_noise);
  double largest = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double difference = std::abs(eager.values[i] - planned.values[i]);
    if (!(difference <= largest)) largest = std::isnan(difference) ? INFINITY : difference;
  }
  return largest;
}

/// How often a plan calls the network.
inline int network_calls(const Plan& plan) {
  int calls = 0;
  for (const auto& row : plan.rows) calls += std::holds_alternative<Plan::NetworkCall>(row);
  return calls;
}

/// A schedule whose signal never fades: noise grows geometrically to `largest`, at times 0 .. 1.
struct Exploding {
  double largest = 20;
  Level operator()(double time) const { return {time, 1, time > 0 ? .01 * std::pow(largest / .01, time) : 0}; }
};

}  // namespace samplers
