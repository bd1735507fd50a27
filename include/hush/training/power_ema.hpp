#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <hush/check.hpp>

namespace hush {

/// The exponent gamma of a power-function average (Karras et al. 2024, "Analyzing and improving the training dynamics
/// of diffusion models", section 3.1) whose profile t^gamma over training time 0 .. 1 has this standard deviation,
/// above 0 and at most 1 / sqrt(12), that of gamma 0, the mean of all weights: the root of (gamma + 1) / ((gamma + 2)^2
/// (gamma + 3)) = std^2. Theirs are .05 and .10. Throws std::invalid_argument for others.
inline double power_ema_exponent(double std) {
  check(std > 0 && std * std <= 1. / 12 + 1e-12, "power_ema", "std must be above 0 and at most ", 1 / std::sqrt(12.),
        ", got ", std);
  double low = 0, high = 1 / std;  // the deviation at 1 / std is less than std
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    const double variance = (middle + 1) / ((middle + 2) * (middle + 2) * (middle + 3));
    (variance > std * std ? low : high) = middle;
  }
  return high;
}

/// The factor on the average at update number `step`, 1 for the first: average = decay * average + (1 - decay) *
/// weights.
inline double power_ema_decay(double exponent, std::int64_t step) {
  return std::pow(1 - 1 / double(step), exponent + 1);
}

/// A power-function average as it was after `step` steps.
struct PowerSnapshot {
  double std = .05;
  std::int64_t step = 0;
  friend bool operator==(const PowerSnapshot&, const PowerSnapshot&) = default;
};

namespace detail {

/// The inner product over training time of the profiles of two averages (Karras et al. 2024, appendix C).
inline double profile_product(const PowerSnapshot& a, const PowerSnapshot& b) {
  if (a.step > b.step) return profile_product(b, a);
  const double p = power_ema_exponent(a.std), q = power_ema_exponent(b.std), ratio = double(a.step) / double(b.step);
  return (p + 1) * (q + 1) * std::pow(ratio, q) / ((p + q + 1) * double(b.step));
}

/// Solves matrix * x = right by Gauss's elimination with the largest pivot of a column. Throws std::invalid_argument
/// for a singular matrix.
inline std::vector<double> solved(std::vector<std::vector<double>> matrix, std::vector<double> right) {
  const std::size_t n = right.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (std::abs(matrix[i][k]) > std::abs(matrix[pivot][k])) pivot = i;
    check(std::abs(matrix[pivot][k]) > 0, "post_hoc_ema", "two snapshots are of one average at one step");
    std::swap(matrix[k], matrix[pivot]);
    std::swap(right[k], right[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = matrix[i][k] / matrix[k][k];
      for (std::size_t j = k; j < n; ++j) matrix[i][j] -= factor * matrix[k][j];
      right[i] -= factor * right[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) right[k] -= matrix[k][j] * right[j];
    right[k] /= matrix[k][k];
  }
  return right;
}

}  // namespace detail

/// The factors by which snapshots of power-function averages add up to the one of another standard deviation, after
/// `wanted.step` steps, whose profile is nearest to it: least squares over training time (Karras et al. 2024, section
/// 3.2). Eight snapshots of std .05 and .1 give the profiles of .06 to .09 to 2.5 %, and that of .15 to 3.5 %, as a
/// part of its norm. Throws std::invalid_argument without snapshots, for two of one average at one step, and for a step
/// that none of them is of.
inline std::vector<double> post_hoc_coefficients(std::span<const PowerSnapshot> snapshots,
                                                 const PowerSnapshot& wanted) {
  check(!snapshots.empty(), "post_hoc_ema", "there are no snapshots");
  bool met = false;
  for (const PowerSnapshot& one : snapshots) {
    check(one.step >= 1, "post_hoc_ema", "a snapshot is of step ", one.step, "; the first step is 1");
    check(std::ranges::count(snapshots, one) == 1, "post_hoc_ema", "two snapshots are of std ", one.std, " at step ",
          one.step);
    met |= one.step == wanted.step;
  }
  check(met, "post_hoc_ema", "no snapshot is of step ", wanted.step, ", where the average is to end");
  std::vector<std::vector<double>> products;
  std::vector<double> right;
  for (const PowerSnapshot& a : snapshots) {
    products.emplace_back();
    for (const PowerSnapshot& b : snapshots) products.back().push_back(detail::profile_product(a, b));
    right.push_back(detail::profile_product(a, wanted));
  }
  return detail::solved(std::move(products), std::move(right));
}

}  // namespace hush
