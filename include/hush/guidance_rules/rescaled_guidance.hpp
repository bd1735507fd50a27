#pragma once
#include <hush/check.hpp>
#include <hush/guidance_rule.hpp>
#include <hush/guidance_rules/shared/per_image.hpp>
#include <hush/ops/arithmetic.hpp>

namespace hush {

/// Classifier-free guidance whose result gets back the standard deviation that the answer with the condition has over
/// each image, in the part `phi`: large scales otherwise make pictures too bright and too rich in contrast. Gradients
/// take the factor for a constant. Source: Lin et al. 2023, section 3.4, which has .7 for phi. Throws
/// std::invalid_argument for a phi outside of [0, 1].
struct RescaledGuidance {
  double phi = .7;

  template <Value V>
  V operator()(const V& with, const V& without, double scale) const {
    check(phi >= 0 && phi <= 1, "RescaledGuidance", "phi must be in [0, 1], is ", phi);
    const V guided = without + scale * (with - without);
    const auto ratio = detail::deviation_ratios(value_of(with), value_of(guided));
    return (1 - phi) * guided + phi * (detail::per_image(guided, ratio) * guided);
  }
  static constexpr void fields(auto& self, auto&& f) { f("phi", self.phi); }
  friend constexpr bool operator==(const RescaledGuidance&, const RescaledGuidance&) = default;
};

}  // namespace hush
