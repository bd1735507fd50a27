#pragma once
#include <vector>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>

namespace hush {

/// A schedule given by its list of betas, each in [0, 1), the last at most 1; times 0..values.size()-1. Its call throws
/// std::invalid_argument for an empty list and for betas outside that range. Notation: Ho et al. 2020.
struct Betas {
  std::vector<double> values;

  int steps() const { return int(values.size()); }
  double beta(int i) const {
    check(i >= 0 && i < steps(), "Betas", "beta ", i, " of a list of ", values.size());
    return values[std::size_t(i)];
  }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const { return level_from_betas(*this, time); }
  auto rising() const { return LevelsFromBetas(*this); }
  static constexpr void fields(auto& self, auto&& f) { f("values", self.values); }
  friend bool operator==(const Betas&, const Betas&) = default;
};
static_assert(DiscreteSchedule<Betas>);

}  // namespace hush
