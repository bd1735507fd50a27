#pragma once
#include <cmath>

#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// Number i of n evenly spaced numbers from `first` to `last`, both included.
constexpr double linspace(double first, double last, int n, int i) {
  return n > 1 ? first + (last - first) * i / (n - 1) : first;
}

/// The variance-preserving level with noise / signal = sigma.
inline Level preserving_level(double time, double sigma) {
  const double norm = std::hypot(1, sigma);
  return {time, 1 / norm, sigma / norm};
}

/// Position in [0, 1] of number i of n evenly spaced ones, i / (n - 1); 1 if n = 1.
constexpr double part_of(int i, int n) { return n > 1 ? double(i) / (n - 1) : 1; }

/// Geometric interpolation smallest * (largest / smallest)^part between 0 < smallest < largest, exact at part 0 and 1
/// (Song and Ermon 2019, section 4.2).
inline double geometric_sigma(double smallest, double largest, double part) {
  return part <= 0 ? smallest : part >= 1 ? largest : smallest * std::pow(largest / smallest, part);
}

/// Interpolation that is linear in sigma^(1/rho), exact at part 0 and 1 (Karras et al. 2022, eq. 5).
inline double karras_sigma(double smallest, double largest, double rho, double part) {
  if (part <= 0 || part >= 1) return part <= 0 ? smallest : largest;
  const double low = std::pow(smallest, 1 / rho), high = std::pow(largest, 1 / rho);
  return std::pow(low + part * (high - low), rho);
}

/// Throws std::invalid_argument unless 0 < smallest < largest and both are finite.
inline void check_sigmas(const char* where, double smallest, double largest) {
  check(smallest > 0 && smallest < largest && std::isfinite(largest), where, "wants 0 < smallest < largest, got ",
        smallest, " and ", largest);
}

/// Noise / signal at a time, linear between the schedule's sigma(i), i = 0 for the least noisy level, and from 0 at
/// clean() to sigma(0).
template <class S>
double sigma_at(const S& schedule, double time) {
  check_time(schedule, time);
  const double position = time - schedule.clean(), above = std::ceil(position);
  if (above == 0) return 0;
  const double high = schedule.sigma(int(above) - 1), low = above > 1 ? schedule.sigma(int(above) - 2) : 0;
  return high - (above - position) * (high - low);
}

}  // namespace hush
