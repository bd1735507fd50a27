#pragma once
#include <cmath>

#include <hush/parameterization.hpp>

namespace hush {

/// A parameterization `says` with a learned variance (Nichol and Dhariwal 2021, section 3.1): the network gives twice
/// as many channels as the image has, those of F and behind them v, -1 to 1, which says where the logarithm of the
/// variance of a step lies between the posterior's, beta~, and beta (eq. 15). Such networks learn by the hybrid loss,
/// L_simple + lambda L_vlb with L_vlb in bits a number; `LearnedRange` samples by their variance, other samplers do not
/// look at it. `LearnedVariance{PredictNoise{}}`; `Adm` and `Unet2d` give as many channels as their `outputs` say.
template <class Says>
struct LearnedVariance {
  Says says{};
  double lambda = .001;  // of L_vlb, the sum over all steps of the schedule

  Scalings operator()(Level at) const { return says(at); }
  Target target(Level at) const { return says.target(at); }
  /// The logarithms of beta~ and beta of the interval between two levels; of beta~ -inf where it ends without noise.
  VarianceRange variance(Level from, Level to) const {
    const double beta = added_variance(from, to);
    return {std::log(beta * std::pow(to.noise / from.noise, 2)), std::log(beta)};
  }
  static constexpr void fields(auto& self, auto&& f) { f("says", self.says), f("lambda", self.lambda); }
  friend constexpr bool operator==(const LearnedVariance&, const LearnedVariance&) = default;
};
template <class Says>
LearnedVariance(Says) -> LearnedVariance<Says>;
template <class Says>
LearnedVariance(Says, double) -> LearnedVariance<Says>;
static_assert(LearnsVariance<LearnedVariance<detail::AnyTarget>>);

}  // namespace hush
