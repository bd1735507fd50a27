#pragma once
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// The network predicts the velocity of the straight line from image to noise, F = eps - x0, so that x0 = (x - noise*F)
/// / (signal + noise). Made for signal = 1 - t, noise = t (RectifiedFlow), valid at any level. Sources: Lipman et al.
/// 2023 (flow matching), Liu et al. 2023 (rectified flow), whose t runs the other way.
/// `CNoise` computes the network's noise label c_noise: Time, Gamma, Sigma or LogSigma.
template <class CNoise = Time>
struct PredictFlow {
  Scalings operator()(Level at) const {
    const double size = at.signal + at.noise;
    return {.skip = 1 / size, .out = -at.noise / size, .in = 1, .c_noise = CNoise{}(at)};
  }
  Target target(Level) const { return {.x0 = -1, .eps = 1}; }
  static constexpr void fields(auto&, auto&& f) { f("c_noise", std::type_identity<CNoise>{}); }
  friend constexpr bool operator==(const PredictFlow&, const PredictFlow&) = default;
};
static_assert(Parameterization<PredictFlow<>>);

}  // namespace hush
