#pragma once
#include <cmath>
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// c_noise of the VE row: ln(sigma / 2).
struct LogHalfSigma {
  double operator()(Level at) const { return std::log(Sigma{}(at) / 2); }
};

/// The VE row of table 1 of Karras et al. 2022: NCSN++'s network, which takes the noisy image unscaled and predicts
/// -eps. The table is written for y = x/signal and sigma = noise/signal: D = y + sigma F(y, c_noise). Wants signal > 0.
/// `CNoise` computes c_noise.
template <class CNoise = LogHalfSigma>
struct VePreconditioning {
  Scalings operator()(Level at) const {
    const double c_skip = 1, c_out = Sigma{}(at), c_in = 1;
    return {.skip = c_skip / at.signal, .out = c_out, .in = c_in / at.signal, .c_noise = CNoise{}(at)};
  }
  Target target(Level) const { return {.x0 = 0, .eps = -1}; }
  static constexpr void fields(auto&, auto&& f) { f("c_noise", std::type_identity<CNoise>{}); }
  friend constexpr bool operator==(const VePreconditioning&, const VePreconditioning&) = default;
};
static_assert(Parameterization<VePreconditioning<>>);

}  // namespace hush
