#pragma once
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// The network predicts the score s = -eps/noise (Song and Ermon 2019, NCSN), so x0 = (x + noise^2 s) / signal. Wants
/// signal > 0, and noise > 0 in training. With `divided` it predicts s * noise = -eps, whose size does not depend on
/// the level: as NCSNv2 does, which divides the network's output by sigma (Song and Ermon 2020, technique 3). `CNoise`
/// computes the network's noise label c_noise: Time, Gamma, Sigma or LogSigma.
template <class CNoise = Time>
struct PredictScore {
  bool divided = false;

  Scalings operator()(Level at) const {
    return {.skip = 1 / at.signal,
            .out = (divided ? at.noise : at.noise * at.noise) / at.signal,
            .in = 1,
            .c_noise = CNoise{}(at)};
  }
  Target target(Level at) const { return {.x0 = 0, .eps = divided ? -1 : -1 / at.noise}; }
  static constexpr void fields(auto& self, auto&& f) {
    f("c_noise", std::type_identity<CNoise>{}), f("divided", self.divided);
  }
  friend constexpr bool operator==(const PredictScore&, const PredictScore&) = default;
};
static_assert(Parameterization<PredictScore<>>);

}  // namespace hush
