#pragma once
#include <cmath>
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// c_noise of the VP row: (M - 1) t with M = 1000, where t in [0, 1] is the time at which the VP-SDE of
/// beta_min = 0.1, beta_d = 19.9 has this sigma: sigma(t)^2 = e^(beta_d t^2 / 2 + beta_min t) - 1.
struct VpSdeTime {
  double operator()(Level at) const {
    constexpr double beta_min = .1, beta_d = 19.9, M = 1000;
    const double sigma = Sigma{}(at);
    const double t = (std::sqrt(beta_min * beta_min + 2 * beta_d * std::log1p(sigma * sigma)) - beta_min) / beta_d;
    return (M - 1) * t;
  }
};

/// The VP row of table 1 of Karras et al. 2022: DDPM's noise prediction on input of variance 1 (for data of variance
/// 1). The table is written for y = x/signal and sigma = noise/signal: D = y - sigma F(y / sqrt(sigma^2 + 1), c_noise).
/// Wants signal > 0. `CNoise` computes c_noise.
template <class CNoise = VpSdeTime>
struct VpPreconditioning {
  Scalings operator()(Level at) const {
    const double sigma = Sigma{}(at), c_skip = 1, c_out = -sigma, c_in = 1 / std::hypot(sigma, 1);
    return {.skip = c_skip / at.signal, .out = c_out, .in = c_in / at.signal, .c_noise = CNoise{}(at)};
  }
  Target target(Level) const { return {.x0 = 0, .eps = 1}; }
  static constexpr void fields(auto&, auto&& f) { f("c_noise", std::type_identity<CNoise>{}); }
  friend constexpr bool operator==(const VpPreconditioning&, const VpPreconditioning&) = default;
};
static_assert(Parameterization<VpPreconditioning<>>);

}  // namespace hush
