#pragma once
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// The network predicts the noise: x0 = (x - noise*F) / signal. Wants signal > 0. Source: Ho et al. 2020, eq. 15.
/// `CNoise` computes the network's noise label c_noise: Time, Gamma, Sigma or LogSigma.
template <class CNoise = Time>
struct PredictNoise {
  Scalings operator()(Level at) const {
    return {.skip = 1 / at.signal, .out = -at.noise / at.signal, .in = 1, .c_noise = CNoise{}(at)};
  }
  Target target(Level) const { return {.x0 = 0, .eps = 1}; }
  static constexpr void fields(auto&, auto&& f) { f("c_noise", std::type_identity<CNoise>{}); }
  friend constexpr bool operator==(const PredictNoise&, const PredictNoise&) = default;
};
static_assert(Parameterization<PredictNoise<>>);

}  // namespace hush
