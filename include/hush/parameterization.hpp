#pragma once
#include <cmath>
#include <concepts>
#include <optional>

#include <hush/check.hpp>
#include <hush/level.hpp>

namespace hush {

/// How a network F becomes a denoiser at one level: x0 = skip*x + out*F(in*x, c_noise) (Karras et al. 2022, eq. 7).
/// `eps_out` is d eps / dF, set by `scalings_of` at levels of signal 0 or noise 0.
struct Scalings {
  double skip = 0, out = 1, in = 1, c_noise = 0;
  std::optional<double> eps_out = {};  // empty: -signal*out/noise
};

/// The training target of the network's output F at one level: x0 * the clean image + eps * the noise.
struct Target {
  double x0 = 0, eps = 0;
};

/// A parameterization: what the network's output means. Scalings and target must agree: wherever noise > 0, skip*signal
/// + out*target.x0 = 1 and skip*noise + out*target.eps = 0.
template <class P>
concept Parameterization = requires(const P& parameterization, Level at) {
  { parameterization(at) } -> std::same_as<Scalings>;
  { parameterization.target(at) } -> std::same_as<Target>;
};

/// The logarithms of the smallest and the largest variance of the noise that a step may add.
struct VarianceRange {
  double log_low = 0, log_high = 0;
};

/// A parameterization whose network gives, behind the channels of F, as many that say the variance of a step: which
/// range it lies in, and the factor on the variational bound in the loss.
template <class P>
concept LearnsVariance = Parameterization<P> && requires(const P& parameterization, Level from, Level to) {
  { parameterization.variance(from, to) } -> std::same_as<VarianceRange>;
  { parameterization.lambda } -> std::convertible_to<double>;
};

namespace detail {
/// Some parameterization, for the proofs of those that wrap one.
struct AnyTarget {
  Scalings operator()(Level) const { return {}; }
  Target target(Level) const { return {1, 0}; }
};
}  // namespace detail

/// How a network's output F becomes predicted noise: eps = skip*x + out*F.
struct NoiseScalings {
  double skip = 0, out = 0;
};

/// Solves x = signal*x0 + noise*eps for eps, with x0 as `scalings` give it. Wants at.noise > 0.
inline NoiseScalings noise_scalings(const Scalings& scalings, Level at) {
  return {(1 - at.signal * scalings.skip) / at.noise, -at.signal * scalings.out / at.noise};
}

/// The scalings at a level, with `eps_out` at the ends of a schedule, where -signal*out/noise is 0/0 or 0*inf: the
/// target F = t.x0*x0 + t.eps*eps and x = signal*x0 + noise*eps, at a fixed x, give d eps / dF = signal / (t.eps*signal
/// - t.x0*noise), which is 1/t.eps at any level if t.x0 = 0.
template <Parameterization P>
Scalings scalings_of(const P& parameterization, Level at) {
  Scalings scalings = parameterization(at);
  if (at.signal != 0 && at.noise != 0) return scalings;
  const Target t = parameterization.target(at);
  scalings.eps_out = t.x0 == 0 ? 1 / t.eps : at.signal / (t.eps * at.signal - t.x0 * at.noise);
  return scalings;
}

/// Predicted noise to score, the gradient of ln p(x): s = -eps/noise; noise is sqrt(1 - alpha_bar) in DDPM and sigma in
/// NCSN. X is any type with double * X, a number or a tensor. Throws std::invalid_argument at a level without noise.
/// Source: Song et al. 2021 (score-based SDE), section 3.4.
template <class X>
X score_from_noise(const X& eps, Level at) {
  check(at.noise > 0, "score", "there is no score where there is no noise (time ", at.time, ")");
  return -1 / at.noise * eps;
}
/// Score to predicted noise: eps = -noise * s.
template <class X>
X noise_from_score(const X& score, Level at) {
  return -at.noise * score;
}

/// c_noise, the network's noise label of a level (`PredictNoise<Gamma>`), as the schedule's time.
struct Time {
  double operator()(Level at) const { return at.time; }
};

/// c_noise as the squared signal: DDPM's alpha_bar, Palette's gamma, in [0, 1].
struct Gamma {
  double operator()(Level at) const { return at.signal * at.signal; }
};

/// c_noise as noise / signal: the noise level of an image that was scaled to signal 1, in [0, inf).
struct Sigma {
  double operator()(Level at) const { return at.noise / at.signal; }
};

/// c_noise as ln(noise / signal), half the negative log signal-to-noise ratio; -inf at the clean level.
struct LogSigma {
  double operator()(Level at) const { return std::log(at.noise / at.signal); }
};

}  // namespace hush
