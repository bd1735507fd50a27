#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/sampler.hpp>

namespace hush {

/// The two formulas of order 2: `midpoint` adds half of the change, as the explicit midpoint rule does; `heun`, by its
/// name in diffusers, integrates the line through both estimates. In singlestep of order 3: DPM-Solver-3 as its authors
/// write it, whose last sum leaves the second estimate out, and the parabola through all three.
enum class DpmVariant { midpoint, heun };
constexpr std::array<const char*, 2> names_of(DpmVariant) { return {"midpoint", "heun"}; }

namespace detail {

/// lambda = ln(signal / noise), half the log signal-to-noise ratio: the time variable of the exponential integrators,
/// in which the linear part of the diffusion ODE is solved exactly (Lu et al. 2022a, section 3). inf at the clean
/// level.
inline double half_log_snr(Level at) { return std::log(at.signal / at.noise); }

/// The network's prediction at a level, as x0 or as eps.
template <class X>
struct Estimate {
  Level at;
  X value;
};

/// The moments rate * integral of e^{rate (h - v)} v^k dv over v in [0, h], for k = 0 .. n-1. In the letters of the
/// papers the k-th is rate h^(k+1) k! phi_(k+1)(rate h).
inline std::vector<double> exponential_moments(double h, double rate, std::size_t n) {
  std::vector<double> moments;
  moments.reserve(n);
  for (std::size_t k = 0; k < n; ++k) {
    if (k == 0) {
      moments.push_back(std::expm1(rate * h));
    } else if (std::abs(rate * h) < 1) {  // the recursion below would lose digits: phi's series
      double term = rate * std::pow(h, double(k) + 1) / (double(k) + 1), sum = 0;
      for (int i = 1; i < 24; ++i) {
        sum += term;
        term *= rate * h / (double(k) + 1 + i);
      }
      moments.push_back(sum);
    } else {
      moments.push_back(double(k) / rate * moments[k - 1] - std::pow(h, double(k)));
    }
  }
  return moments;
}

/// The weights w for which the sum of w_i f(v_i) is rate * integral of e^{rate (h - v)} f(v) dv over v in [0, h], for
/// any polynomial f of a degree below the number of nodes v_i, its quadratic term times `curvature`. The nodes must
/// differ.
inline std::vector<double> exponential_weights(const std::vector<double>& nodes, double h, double rate,
                                               double curvature = 1) {
  std::vector<double> moments = exponential_moments(h, rate, nodes.size());
  if (moments.size() > 2) moments[2] *= curvature;
  std::vector<double> weights(nodes.size(), 0.);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::vector<double> basis{1};  // Lagrange's polynomial of node i, the constant first
    for (std::size_t j = 0; j < nodes.size(); ++j) {
      if (j == i) continue;
      const double scale = 1 / (nodes[i] - nodes[j]);
      basis.push_back(0);
      for (std::size_t k = basis.size(); k-- > 0;)
        basis[k] = scale * ((k > 0 ? basis[k - 1] : 0) - nodes[j] * basis[k]);
    }
    for (std::size_t k = 0; k < basis.size(); ++k) weights[i] += basis[k] * moments[k];
  }
  return weights;
}

/// The exact solution over an interval of length h in lambda, with v = lambda - lambda_from and f the network's
/// prediction: x_to = keep x - size * rate * integral of e^{rate (h - v)} f(v) dv over v in [0, h].
struct ExponentialStep {
  double begin, h, rate, keep, size;  // begin: lambda_from

  /// The polynomial in lambda through all the estimates in place of f: Adams' idea, exponentially fitted.
  template <class X>
  X through(const X& x, const std::vector<Estimate<X>>& estimates, double curvature = 1) const {
    std::vector<double> nodes;
    for (const Estimate<X>& estimate : estimates) nodes.push_back(half_log_snr(estimate.at) - begin);
    const std::vector<double> weights = exponential_weights(nodes, h, rate, curvature);
    X sum = keep * x;
    for (std::size_t i = 0; i < weights.size(); ++i) sum = sum - size * weights[i] * estimates[i].value;
    return sum;
  }

  /// The estimate at the start of the interval plus half of `b` times its change over the interval, extrapolated from
  /// `other`. b is any rate h + O(h^2) (B(h) of Zhao et al. 2023): order 2 without a second moment.
  template <class X>
  X slanted(const X& x, const Estimate<X>& first, const Estimate<X>& other, double b) const {
    const X change = h / (half_log_snr(other.at) - begin) * (other.value - first.value);
    return keep * x - size * std::expm1(rate * h) * first.value - size * b / 2 * change;
  }
  double bh1() const { return rate * h; }
  double bh2() const { return std::expm1(rate * h); }
};

/// The network as a predictor of x0 (DPM-Solver++, Lu et al. 2022b, proposition 4.1).
struct DataPrediction {
  static constexpr bool of_noise = false;
  static ExponentialStep over(Level from, Level to) {
    const double begin = half_log_snr(from);
    return {begin, half_log_snr(to) - begin, -1, to.noise / from.noise, to.signal};
  }
  template <class X>
  static const X& of(const Denoised<X>& answer) {
    return answer.x0;
  }
};

/// The network as a predictor of eps (DPM-Solver, Lu et al. 2022a, proposition 3.1). Throws std::invalid_argument for a
/// start at signal 0, where eps does not determine x0.
struct NoisePrediction {
  static constexpr bool of_noise = true;
  static ExponentialStep over(Level from, Level to) {
    check(from.signal > 0, "sampler", "noise prediction cannot start at a level without signal; take data prediction");
    const double begin = half_log_snr(from);
    return {begin, half_log_snr(to) - begin, 1, to.signal / from.signal, to.noise};
  }
  template <class X>
  static const X& of(const Denoised<X>& answer) {
    return answer.eps;
  }
};

/// The same for the diffusion SDE, in which fresh noise comes in at `eta` times the rate of the reverse SDE (Lu et al.
/// 2022b, eq. 18, is eta = 1; Xue et al. 2023 write tau^2): the mean, and the deviation of the noise that the interval
/// adds. eta = 0 is the ODE. The interval may begin without signal, where it is infinitely long in lambda.
struct SdeStep {
  ExponentialStep mean;
  double noise;
};
inline SdeStep sde_step(Level from, Level to, double eta) {
  ExponentialStep mean = DataPrediction::over(from, to);
  if (eta == 0) return {mean, 0};
  mean.rate = -(1 + eta);
  mean.keep *= std::exp(-eta * mean.h);
  return {mean, to.noise * std::sqrt(-std::expm1(-2 * eta * mean.h))};
}

/// The newest `n` of the estimates, the oldest first.
template <class X>
std::vector<Estimate<X>> newest(const std::vector<Estimate<X>>& past, int n) {
  return {past.end() - n, past.end()};
}

/// Adds an estimate to the past of a multistep solver, which keeps at most `most`. An estimate at signal 0 (lambda =
/// -inf) is dropped as soon as there is another.
template <class X>
void remember(std::vector<Estimate<X>>& past, Estimate<X> estimate, int most) {
  if (!past.empty() && past.back().at.signal == 0) past.clear();
  past.push_back(std::move(estimate));
  if (past.size() > std::size_t(most)) past.erase(past.begin());
}

/// The order of a multistep solver at the current step: at most the number of estimates and, if the run ends with lower
/// orders, the number of steps left.
template <class X>
int order_now(int order, const std::vector<Estimate<X>>& past, const Trajectory& trajectory, bool lower_order_final) {
  if (lower_order_final) order = std::min(order, trajectory.steps() - trajectory.step);
  return std::min(order, int(past.size()));
}

/// Below so many steps a run ends with lower orders, where a solver's `lower_order_final` lets it: diffusers' rule.
constexpr int few_steps = 15;

/// The estimates of a multistep solver's step, the oldest first, as many as its order is at this step: `estimate` joins
/// the past, and the last steps of a run of few have lower orders if `lower_order_final`.
template <class X>
std::vector<Estimate<X>> estimates_now(std::vector<Estimate<X>>& past, Estimate<X> estimate, int order,
                                       const Trajectory& trajectory, bool lower_order_final) {
  remember<X>(past, std::move(estimate), order);
  return newest(past, order_now(order, past, trajectory, lower_order_final && trajectory.steps() < few_steps));
}

}  // namespace detail
}  // namespace hush
