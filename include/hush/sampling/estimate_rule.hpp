#pragma once
#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/check.hpp>
#include <hush/kernels/sampler_pass.hpp>
#include <hush/level.hpp>
#include <hush/parameterization.hpp>

namespace hush {

/// A network that gave NaN or infinite values; the message names the step.
struct NonFiniteSample : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline NonFiniteSample non_finite_sample(int step, int steps, const std::vector<Level>& levels) {
  return NonFiniteSample(to_text("[sample] the network gave NaN or infinite values at step ", step + 1, " of ", steps,
                                 " (time ", levels[std::size_t(step)].time, ")"));
}

/// Throws NonFiniteSample if a run ends with NaN or infinite values though the network gave none.
inline void check_finite(const std::vector<float>& pixels) {
  for (const float v : pixels)
    if (!std::isfinite(v))
      throw NonFiniteSample(
          "[sample] the sampler made NaN or infinite values of finite ones; can it begin where this run begins?");
}

/// How the network's output becomes both estimates at a level. Throws std::invalid_argument where it cannot: a network
/// that predicts noise says nothing about an image without signal, and none can be told an infinite number.
template <Parameterization P>
EstimateRule estimate_rule(const P& parameterization, Level level, double clip) {
  const Scalings s = parameterization(level);
  const NoiseScalings n = level.noise > 0 ? noise_scalings(s, level) : NoiseScalings{};
  check(std::isfinite(s.skip) && std::isfinite(s.out) && std::isfinite(s.in), "sample",
        "this parameterization gives no clean image at time ", level.time, ", where the signal is ", level.signal,
        " and the noise ", level.noise, "; begin at another level, or predict the velocity or x0");
  check(std::isfinite(s.c_noise), "sample", "the network would be told ", s.c_noise, " at time ", level.time,
        ", where the signal is ", level.signal, " and the noise ", level.noise,
        "; begin at another level, or tell it the time or gamma");
  return {s.skip, s.out, n.skip, n.out, clip};
}

}  // namespace hush
