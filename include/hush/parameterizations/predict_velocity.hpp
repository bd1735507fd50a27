#pragma once
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// The network predicts v = signal*eps - noise*x0, so x0 = signal*x - noise*F when signal^2 + noise^2 = 1; at other
/// levels x0 is divided by that sum, for the same v. Source: Salimans and Ho 2022, appendix D.
/// `CNoise` computes the network's noise label c_noise: Time, Gamma, Sigma or LogSigma.
template <class CNoise = Time>
struct PredictVelocity {
  Scalings operator()(Level at) const {
    const double size = at.signal * at.signal + at.noise * at.noise;
    return {.skip = at.signal / size, .out = -at.noise / size, .in = 1, .c_noise = CNoise{}(at)};
  }
  Target target(Level at) const { return {.x0 = -at.noise, .eps = at.signal}; }
  static constexpr void fields(auto&, auto&& f) { f("c_noise", std::type_identity<CNoise>{}); }
  friend constexpr bool operator==(const PredictVelocity&, const PredictVelocity&) = default;
};
static_assert(Parameterization<PredictVelocity<>>);

}  // namespace hush
