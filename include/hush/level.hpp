#pragma once
#include <cmath>

namespace hush {

/// A noise level: x = signal*x0 + noise*eps with eps ~ N(0, 1). `time` is the level's time in its schedule.
/// Variance-preserving (DDPM): signal^2 + noise^2 = 1; variance-exploding (NCSN): signal = 1.
struct Level {
  double time = 0, signal = 1, noise = 0;
  friend bool operator==(const Level&, const Level&) = default;
};

/// sigma = noise / signal (Karras et al. 2022), independent of the image's scale; infinite where signal is 0.
inline double sigma_of(const Level& level) { return level.noise / level.signal; }

/// beta: the variance of the noise that the interval from the less noisy level `to` up to `from` adds, by x_from =
/// from.signal / to.signal x_to + sqrt(beta) z; in DDPM beta_t.
inline double added_variance(const Level& from, const Level& to) {
  const double kept = from.signal / to.signal * to.noise;
  return from.noise * from.noise - kept * kept;
}

/// The level of DDPM whose squared signal is `alpha_bar`, in [0, 1] (Ho et al. 2020, eq. 4).
inline Level variance_preserving(double time, double alpha_bar) {
  return {time, std::sqrt(alpha_bar), std::sqrt(1 - alpha_bar)};
}

/// Whether signal^2 + noise^2 = 1, up to rounding.
inline bool is_preserving(const Level& at) { return std::abs(at.signal * at.signal + at.noise * at.noise - 1) < 1e-9; }

}  // namespace hush
