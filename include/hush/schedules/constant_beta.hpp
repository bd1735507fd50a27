#pragma once
#include <cmath>

#include <hush/schedule.hpp>

namespace hush {

/// All betas are the same, in (0, 1); times 0..steps-1. The schedule "const" of Ho et al. 2020's code.
struct ConstantBeta {
  double value = .02;
  Steps steps = 1000;

  constexpr double beta(int) const { return value; }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check_time(*this, time);
    check(value > 0 && value < 1, "ConstantBeta", "value must be in (0, 1), got ", value);
    const double position = time - clean(), whole = std::floor(position);
    return variance_preserving(time, std::pow(1 - value, whole) * (1 - (position - whole) * value));
  }
  static constexpr void fields(auto& self, auto&& f) { f("value", self.value), f("steps", self.steps); }
  friend constexpr bool operator==(const ConstantBeta&, const ConstantBeta&) = default;
};
static_assert(DiscreteSchedule<ConstantBeta>);

}  // namespace hush
