#pragma once
#include <cmath>

#include <hush/grid.hpp>
#include <hush/grids/shared/inverse_beta.hpp>

namespace hush {

/// The n times at which sigma = noise / signal is smallest + (largest - smallest) q, where q are the quantiles of the
/// beta distribution at n evenly spaced probabilities from 1 to 0: with alpha and beta below 1 dense at both ends.
/// Fractional times on a discrete schedule. Throws std::invalid_argument for parameters that are not positive and
/// finite. Sources: Lee et al. 2024, "Beta sampling is all you need", which spaces times so; use_beta_sigmas of
/// diffusers, which spaces sigmas, with the same .6.
struct BetaSigmas {
  SigmaRange range{};
  double alpha = .6, beta = .6;

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check(alpha > 0 && beta > 0 && std::isfinite(alpha) && std::isfinite(beta), "BetaSigmas",
          "alpha and beta must be positive and finite, got ", alpha, " and ", beta);
    return times_of_sigmas(schedule, n, range, "BetaSigmas", [this](double smallest, double largest, double part) {
      if (part <= 0 || part >= 1) return part <= 0 ? smallest : largest;
      return smallest + (largest - smallest) * detail::inverse_beta(part, alpha, beta);
    });
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("range", self.range), f("alpha", self.alpha), f("beta", self.beta);
  }
  friend bool operator==(const BetaSigmas&, const BetaSigmas&) = default;
};
static_assert(GridRule<BetaSigmas>);

}  // namespace hush
