#pragma once
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/level_distribution.hpp>
#include <hush/process.hpp>
#include <hush/random/noise.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/weighting.hpp>

namespace hush {

namespace detail {

/// What a network learns from: noisy images x_t [n, H, W, C] at levels of their own, and the target of its prediction.
/// `weights` [n] are factors on the squared errors, or empty where all are 1.
template <Backend F>
struct NoisedBatch {
  Tensor<F> xt, target, weights;
  std::vector<Level> levels;
};

/// The weight of a level. Throws std::invalid_argument unless it is a finite number, 0 or more.
inline double weight_of(const AnyWeighting& weighting, Level at, const Scalings& scalings) {
  const double weight = weighting(at, scalings);
  check(weight >= 0 && std::isfinite(weight), "train", "the weight at time ", at.time, " (signal ", at.signal,
        ", noise ", at.noise, ") is ", weight, ", must be finite and not negative");
  return weight;
}

/// The level at a time that training drew. Throws std::invalid_argument unless the level, the target there, and what
/// the network is given are finite.
template <class Proc>
Level drawn_level(const Proc& process, double time) {
  const Level at = process.schedule(time);
  const auto finite = [&](double value, const char* what) {
    check(std::isfinite(value), "train", "at time ", at.time, " (signal ", at.signal, ", noise ", at.noise, ") ", what,
          " is ", value, ": the level distribution must leave out what the parameterization cannot do");
  };
  finite(at.signal, "the signal");
  finite(at.noise, "the noise");
  const Target target = process.parameterization.target(at);
  finite(target.x0, "the target's factor of x0");
  finite(target.eps, "the target's factor of the noise");
  const Scalings scalings = process.parameterization(at);
  finite(scalings.in, "the factor of the network's input");
  finite(scalings.c_noise, "what the network is told");
  return at;
}

/// Throws std::invalid_argument if what is trained could not be sampled from: a discrete schedule whose noisiest level
/// has no signal, and a parameterization that gives no clean image there.
template <class Proc>
void check_noisiest_level(const Proc& process) {
  const AnySchedule schedule(process.schedule);
  if (schedule.steps() == 0) return;
  const Level noisiest = schedule(schedule.clean() + schedule.steps());
  const Scalings s = process.parameterization(noisiest);
  check(noisiest.signal != 0 || (std::isfinite(s.skip) && std::isfinite(s.out)), "train", "the noisiest level, time ",
        noisiest.time,
        ", has no signal, and this parameterization gives no clean image there: `sample` could not start from what is "
        "trained; predict the velocity or x0, or take a schedule that keeps some signal");
}

/// Clean images x0 [n, H, W, C] with noise (Ho et al. 2020, algorithm 1): image i's level and noise are those of the
/// key. Image number k is the (k % batch)-th of its batch, which only a rule that spreads over a batch asks.
template <Backend F, class Proc>
NoisedBatch<F> noised_batch(const Proc& process, const AnyLevelDistribution& level_distribution, const Tensor<F>& x0,
                            const NoiseKey& key, std::uint32_t batch = 1, const AnyWeighting& weighting = nullptr) {
  const AnySchedule schedule(process.schedule);
  NoisedBatch<F> made;
  std::vector<double> signal, noise, a, b, weights;
  for (std::size_t i = 0; i < key.images.size(); ++i) {
    // Draw t.
    Uniform uniform{key.stream("level", i), 0, key.images[i] % batch, batch};
    const Level at = drawn_level(process, level_distribution(schedule, uniform));
    const Target target = process.parameterization.target(at);
    made.levels.push_back(at);
    signal.push_back(at.signal);
    noise.push_back(at.noise);
    a.push_back(target.x0);
    b.push_back(target.eps);
    if (weighting) weights.push_back(weight_of(weighting, at, scalings_of(process.parameterization, at)));
  }
  const Tensor<F> eps = normal_images(x0.on(), x0.shape(), key, "noise");
  // x_t = signal x0 + noise eps.
  made.xt = blended_images<F>(signal, x0, noise, eps);
  // Target = a x0 + b eps.
  made.target = blended_images<F>(a, x0, b, eps);
  // Weight of the squared error.
  if (weighting) made.weights = upload(x0.on(), {std::int64_t(weights.size())}, std::span<const double>(weights));
  return made;
}

}  // namespace detail
}  // namespace hush
