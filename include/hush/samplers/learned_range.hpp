#pragma once
#include <cmath>

#include <hush/sampler.hpp>

namespace hush {

/// Noise z times a deviation interpolated geometrically between two: z * low^(1 - v) * high^v, v in [0, 1].
/// LearnedRange finds the overload for its images by argument-dependent lookup; this one is for numbers.
inline double scaled_between(double low, double high, double v, double z) {
  return z * std::pow(low, 1 - v) * std::pow(high, v);
}

/// DDPM with learned variance: the network also predicts, per pixel, where the variance of the fresh noise lies between
/// the posterior's and beta (Nichol and Dhariwal 2021, eq. 15): for processes with LearnedVariance. Its denoiser
/// answers {x0, eps, variance_fraction}, the last being v = (1 + the network's second half) / 2; its images have a
/// `scaled_between`.
struct LearnedRange {
  static constexpr bool wants_variance = true;
  static constexpr bool linear = false;  // the noise is multiplied by an exponential of the network's output

  /// log beta~ and log beta, written so that they hold for any signal; v = 0 and 1 of eq. 15. beta~ = 0 where the step
  /// ends without noise.
  static double log_variance(double v, Level from, Level to) {
    const double beta = added_variance(from, to), posterior = beta * to.noise * to.noise / (from.noise * from.noise);
    return v * std::log(beta) + (1 - v) * std::log(posterior);
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const auto answer = denoise(x, from);
    static_assert(
        requires { answer.variance_fraction; },
        "LearnedRange: wants a network that predicts a variance. Write: Process{schedule, "
        "LearnedVariance{PredictNoise{}}}, whose denoiser answers {x0, eps, variance_fraction}");
    const double left = to.noise * to.noise / (from.noise * from.noise);
    const X mean = to.signal * answer.x0 + from.signal / to.signal * left * (x - from.signal * answer.x0);
    if (to.noise == 0) return mean;
    const double large = std::sqrt(added_variance(from, to));
    return mean + scaled_between(std::sqrt(left) * large, large, answer.variance_fraction, noise());
  }
  friend constexpr bool operator==(const LearnedRange&, const LearnedRange&) = default;
};
static_assert(Sampler<LearnedRange>);

}  // namespace hush
