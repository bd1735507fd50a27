#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// Heun's second-order method with churn (Karras et al. 2022, algorithm 2) in y = x / signal, sigma = noise / signal.
/// Two network calls a step, one where it ends without noise (Euler). With `churn` (S_churn) a step first goes up to a
/// noisier level of the schedule, but not above the noisiest of the run, if sigma is in [churn_min, churn_max] (S_tmin,
/// S_tmax); what it adds has the standard deviation `noise` (S_noise). Throws std::invalid_argument for settings that
/// are negative, not numbers or, but for churn_max, infinite.
struct Heun {
  double churn = 0, churn_min = 0, churn_max = std::numeric_limits<double>::infinity(), noise = 1;

  /// The level of t_hat = t + gamma t, lines 4 and 5.
  Level churned(Level from, const Trajectory& trajectory) const {
    check(churn >= 0 && std::isfinite(churn), "Heun", "churn must be 0 or more and finite, got ", churn);
    check(churn_min >= 0 && churn_min <= churn_max, "Heun", "churn_min .. churn_max must be a range of sigma, got ",
          churn_min, " .. ", churn_max);
    check(noise >= 0 && std::isfinite(noise), "Heun", "noise must be 0 or more and finite, got ", noise);
    const double sigma = sigma_of(from), gamma = std::fmin(churn / trajectory.steps(), std::sqrt(2.) - 1);
    if (gamma == 0 || sigma < churn_min || sigma > churn_max) return from;
    const Level noisiest = *std::max_element(trajectory.levels.begin(), trajectory.levels.end(),
                                             [](Level a, Level b) { return sigma_of(a) < sigma_of(b); });
    return (1 + gamma) * sigma < sigma_of(noisiest) ? trajectory.at_sigma((1 + gamma) * sigma) : noisiest;
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& draw, const Trajectory& trajectory) const {
    // Increase noise temporarily.
    const Level hat = churned(from, trajectory);
    if (hat == from) return descend<X>(denoise, x, from, to);
    const double grown = hat.noise * hat.noise - std::pow(hat.signal * sigma_of(from), 2);
    const double added = noise * std::sqrt(std::fmax(grown, 0));
    const X still = hat.signal / from.signal * x;
    return descend<X>(denoise, added > 0 ? still + added * draw() : still, hat, to);  // line 6
  }

  static constexpr void fields(auto& self, auto&& f) {
    f("churn", self.churn), f("churn_min", self.churn_min), f("churn_max", self.churn_max), f("noise", self.noise);
  }
  friend constexpr bool operator==(const Heun&, const Heun&) = default;

 private:
  /// Lines 7 to 11.
  template <class X>
  static X descend(auto&& denoise, const X& x, Level from, Level to) {
    // Euler step.
    const X x0 = denoise(x, from).x0;
    const X next = detail::euler_step(x, x0, from, to);
    if (to.noise == 0 || from.signal == 0) return next;
    // Second-order correction: the mean of the slopes at both ends.
    const X next_x0 = denoise(next, to).x0;
    return detail::along<X>(.5 * (detail::slope(x, x0, from) + detail::slope<X>(next, next_x0, to)), x, from, to);
  }
};
static_assert(Sampler<Heun>);

}  // namespace hush
