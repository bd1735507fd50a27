#pragma once
#include <cmath>

#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// The time in (low, high] at which noise / signal reaches `sigma`, to the last digits; at `low` it is still below. By
/// the Illinois method (Dowell and Jarratt 1971) on noise^2 / (signal^2 + noise^2), which is linear in time where betas
/// are interpolated.
inline double time_between(const AnySchedule& schedule, double sigma, double low, double high) {
  const double signal = 1 / std::hypot(1, sigma), noise = sigma * signal;
  const auto excess = [&](const Level& at) {  // a product, so that no digits are lost near 0 and near 1
    return (at.noise * signal - at.signal * noise) * (at.noise * signal + at.signal * noise) /
           (at.signal * at.signal + at.noise * at.noise);
  };
  const auto digit = [&] { return 0x1p-52 * std::fmax(std::fmax(std::abs(low), std::abs(high)), 0x1p-960); };
  double below = excess(schedule(low)), above = excess(schedule(high));
  // A guess stays away from both ends, by a digit at first and then by more, so that the root is soon met from its
  // other side too, also where rounding makes stairs of the levels.
  double away = 1;
  for (int side = 0; high - low > 2 * digit();) {
    const double least = std::fmin(away * digit(), (high - low) / 2);
    const double guess = low + (high - low) * (below / (below - above));
    const double time = std::fmin(std::fmax(guess, low + least), high - least);
    const Level at = schedule(time);
    const int now = sigma_of(at) >= sigma ? 1 : -1;
    away = now == side ? 4 * away : 1;
    if (now > 0) {
      if (side > 0) below /= 2;
      high = time;
      above = excess(at);
    } else {
      if (side < 0) above /= 2;
      low = time;
      below = excess(at);
    }
    side = now;
  }
  return high;
}

/// The time at which noise / signal is `sigma`, by bisection, as sigma grows with time; also between the clean level
/// and the first noisy one. A schedule whose noise jumps from 0 (VeSde) gives its first noisy time for a sigma within
/// the jump. Evaluates about 60 levels, of a discrete schedule log2(T) and a few more. Throws std::invalid_argument for
/// a sigma that is negative, not a number, or larger than that of the noisiest level.
inline double time_of_sigma(const AnySchedule& schedule, double sigma) {
  const auto reaches = [&](double time) { return sigma_of(schedule(time)) >= sigma; };
  double low = schedule.clean(), high = low + (schedule.steps() > 0 ? schedule.steps() : 1);
  check(sigma >= 0 && reaches(high), "schedule", "has no level of noise / signal = ", sigma);
  if (reaches(low)) return low;
  while (high - low > 1) {  // discrete schedules: first the interval, then the time in it
    const double middle = low + std::floor((high - low) / 2);
    (reaches(middle) ? high : low) = middle;
  }
  if (sigma_of(schedule(high)) == sigma) return high;  // a level has its own time, not one that rounds to its sigma
  if (schedule.steps() > 0) return time_between(schedule, sigma, low, high);
  for (double middle; (middle = low + (high - low) / 2) > low && middle < high;)
    (reaches(middle) ? high : low) = middle;
  return high;
}

}  // namespace hush
