#pragma once
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// The network predicts the clean image: x0 = F. Source: Ho et al. 2020, section 3.2 (tried there and given up).
/// `CNoise` computes the network's noise label c_noise: Time, Gamma, Sigma or LogSigma.
template <class CNoise = Time>
struct PredictX0 {
  Scalings operator()(Level at) const { return {.skip = 0, .out = 1, .in = 1, .c_noise = CNoise{}(at)}; }
  Target target(Level) const { return {.x0 = 1, .eps = 0}; }
  static constexpr void fields(auto&, auto&& f) { f("c_noise", std::type_identity<CNoise>{}); }
  friend constexpr bool operator==(const PredictX0&, const PredictX0&) = default;
};
static_assert(Parameterization<PredictX0<>>);

}  // namespace hush
