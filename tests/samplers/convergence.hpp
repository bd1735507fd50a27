#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "samplers/pixels.hpp"

namespace samplers {

/// A family of levels, all of them at once: the time of a level is its sigma = noise / signal.
enum class Path { preserving, exploding, flow };
inline constexpr Path all_paths[] = {Path::preserving, Path::exploding, Path::flow};

inline Level level_of(Path path, double sigma) {
  const double signal = path == Path::preserving  ? 1 / std::sqrt(1 + sigma * sigma)
                        : path == Path::exploding ? 1
                                                  : 1 / (1 + sigma);
  return {sigma, signal, sigma * signal};
}

/// n steps over the log-SNR, ln(signal^2 / noise^2), from -4 to 4. The clean level is not among them. The steps grow
/// linearly from a first one of 8/n^2 on, so that the first steps of a multistep method, which are of a lower order for
/// want of a past, stay out of the measurement: a first step of order 1 leaves an error of n^-4.
inline Trajectory course_over(Path path, int n) {
  std::vector<Level> levels;
  for (int i = 0; i <= n; ++i) {
    const double part = double(i) / n, log_snr = -4 + 8 * part * part;
    levels.push_back(level_of(path, std::exp(-log_snr / 2)));
  }
  return {levels, 0, [path](double time) { return level_of(path, time); }, [](double sigma) { return sigma; }};
}

/// Data with two modes of one width; with `gap` 0 they are Gaussian. The probability flow keeps the order of the
/// numbers on a line, so it keeps the part of the probability that is below one: that gives the exact solution, for a
/// denoiser that is not linear too.
struct TwoModes {
  double mean = .3, gap = .4, deviation = .25, weight = .3;  // weight: the probability of the lower mode

  double low() const { return mean - gap; }
  double high() const { return mean + gap; }
  double width(double sigma) const { return std::sqrt(deviation * deviation + sigma * sigma); }

  /// The probability of less than y, where y = x / signal.
  double below(double y, double sigma) const {
    const auto normal = [&](double from) { return std::erfc((from - y) / width(sigma) / std::sqrt(2.)) / 2; };
    return weight * normal(low()) + (1 - weight) * normal(high());
  }
  Denoised<double> denoise(double x, Level at) const {
    const double sigma = at.noise / at.signal, y = x / at.signal;
    const auto density = [&](double mode) { return std::exp(-std::pow((y - mode) / width(sigma), 2) / 2); };
    const double a = weight * density(low()), b = (1 - weight) * density(high());
    const double middle = (a * low() + b * high()) / (a + b);
    const double x0 = middle + std::pow(deviation / width(sigma), 2) * (y - middle);
    return {x0, (x - at.signal * x0) / at.noise};
  }
  double exact(double x, Level from, Level to) const {
    const double part = below(x / from.signal, from.noise / from.signal);
    double left = -10, right = 10;
    for (double middle; (middle = left + (right - left) / 2) > left && middle < right;)
      (below(middle, to.noise / to.signal) < part ? left : right) = middle;
    return to.signal * right;
  }
};

/// How far a sampler ends from the exact solution of the probability flow, in n steps.
template <class S>
double flow_error(const S& sampler, const TwoModes& data, Path path, int n) {
  const Trajectory trajectory = course_over(path, n);
  const double start = trajectory.from().signal * data.mean + .7 * trajectory.from().noise;
  const auto denoise = [&](double x, Level at) { return data.denoise(x, at); };
  const auto draw = [](int, int) -> double { throw std::logic_error("nobody may ask for noise"); };
  const double exact = data.exact(start, trajectory.levels.front(), trajectory.levels.back());
  return std::abs(run_eagerly(sampler, trajectory, start, denoise, draw) - exact);
}

/// The measured order of convergence: twice the steps divide the error by 2^order.
template <class S>
double order(const S& sampler, Path path, const TwoModes& data, int n = 64) {
  return std::log2(flow_error(sampler, data, path, n) / flow_error(sampler, data, path, 2 * n));
}

/// Checks the order on every path, for Gaussian data and for two modes.
template <class S>
void converges(const S& sampler, double expected, double tolerance, int n = 64) {
  for (const Path path : all_paths)
    for (const TwoModes& data : {TwoModes{.gap = 0}, TwoModes{}}) {
      CAPTURE(int(path));
      CAPTURE(data.gap);
      const double measured = order(sampler, path, data, n);
      CHECK(std::abs(measured - expected) <= tolerance);
    }
}

}  // namespace samplers
