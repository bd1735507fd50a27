#pragma once
#include <hush/schedule.hpp>

namespace hush {

/// Beta number i is 1 / (steps - i): alpha_bar falls evenly to 0, and the last beta is 1; times 0..steps-1.
/// Source: Sohl-Dickstein et al. 2015, section 2.4.1; the schedule "jsd" of Ho et al. 2020's code.
struct Jsd {
  Steps steps = 1000;

  constexpr double beta(int i) const { return 1. / (steps - i); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check_time(*this, time);
    return variance_preserving(time, 1 - (time - clean()) / steps);
  }
  static constexpr void fields(auto& self, auto&& f) { f("steps", self.steps); }
  friend constexpr bool operator==(const Jsd&, const Jsd&) = default;
};
static_assert(DiscreteSchedule<Jsd>);

}  // namespace hush
