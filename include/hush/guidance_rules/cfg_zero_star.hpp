#pragma once
#include <limits>

#include <hush/guidance_rule.hpp>
#include <hush/guidance_rules/shared/per_image.hpp>
#include <hush/ops/arithmetic.hpp>

namespace hush {

/// Guidance of flow-matching networks (CFG-Zero*): s without + scale * (with - s without), where s = <with, without> /
/// |without|^2 over each image puts the answer without the condition as near the other as a factor can; and zeros where
/// sigma is `zero_from` or more, by default at pure noise (signal 0), the first step of a flow. Zeros are the velocity
/// of an image that stays (PredictFlow), so lower the bound for such networks only. Gradients take s for a
/// constant. Source: Fan et al. 2025, "CFG-Zero*" (arXiv 2503.18886).
struct CfgZeroStar {
  double zero_from = std::numeric_limits<double>::infinity();  // sigma = noise / signal

  Guiding at(Level level) const { return sigma_of(level) >= zero_from ? Guiding::zeros : Guiding::combined; }
  template <Value V>
  V operator()(const V& with, const V& without, double scale) const {
    const V nearest = detail::per_image(without, detail::projections(value_of(with), value_of(without))) * without;
    return nearest + scale * (with - nearest);
  }
  static constexpr void fields(auto& self, auto&& f) { f("zero_from", self.zero_from); }
  friend constexpr bool operator==(const CfgZeroStar&, const CfgZeroStar&) = default;
};

}  // namespace hush
