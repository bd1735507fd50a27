#pragma once
#include <limits>

#include <hush/check.hpp>
#include <hush/guidance_rule.hpp>

namespace hush {

/// Guidance by a rule at noise levels low < sigma <= high only; at others the answer with the condition stands
/// alone, and the second call is spared. sigma = noise / signal, of any schedule. Source: Kynkaanniemi et al. 2024
/// (arXiv 2404.07724). Throws std::invalid_argument unless low < high.
template <class Rule = ClassifierFree>
struct GuidanceInterval {
  double low = 0, high = std::numeric_limits<double>::infinity();
  Rule rule{};

  Guiding at(Level level) const {
    check(low < high, "GuidanceInterval", "wants low < high, has .low = ", low, " and .high = ", high);
    const double sigma = sigma_of(level);
    return low < sigma && sigma <= high ? detail::guiding_at(rule, level) : Guiding::condition_only;
  }
  template <Value V>
  V operator()(const V& with, const V& without, double scale) const {
    return rule(with, without, scale);
  }
  static constexpr void fields(auto& self, auto&& f) { f("low", self.low), f("high", self.high), f("rule", self.rule); }
  friend constexpr bool operator==(const GuidanceInterval&, const GuidanceInterval&) = default;
};
template <class Rule>
GuidanceInterval(double, double, Rule) -> GuidanceInterval<Rule>;
GuidanceInterval(double, double)->GuidanceInterval<>;

}  // namespace hush
