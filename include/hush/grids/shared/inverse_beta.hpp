#pragma once
#include <cmath>
#include <limits>

namespace hush::detail {

/// The regularised incomplete beta function I_x(a, b), the probability of less than x under the beta distribution, for
/// x in (0, 1) and a, b > 0. By its continued fraction (DLMF 8.17.22), evaluated from the front by Lentz's method.
inline double incomplete_beta(double x, double a, double b) {
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(1 - x, b, a);  // the fraction converges fast below
  const auto step = [](double& c, double& d, double term) {
    d = 1 / (1 + term * d);
    c = 1 + term / c;
    return c * d;
  };
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    fraction *= step(c, d, even);
    const double last = step(c, d, odd);
    fraction *= last;
    if (std::abs(last - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  const double log_beta = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
  return std::exp(a * std::log(x) + b * std::log1p(-x) - log_beta) / a * fraction;
}

/// The quantile of the beta distribution: the x with I_x(a, b) = p, for p in [0, 1] and a, b > 0, by bisection.
inline double inverse_beta(double p, double a, double b) {
  if (p <= 0 || p >= 1) return p <= 0 ? 0 : 1;
  double low = 0, high = 1;
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (incomplete_beta(middle, a, b) < p ? low : high) = middle;
  }
  return high;
}

}  // namespace hush::detail
