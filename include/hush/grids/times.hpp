#pragma once
#include <vector>

#include <hush/grid.hpp>

namespace hush {

/// An explicit list of the schedule's times, whole or fractional; n must be its length. Throws std::invalid_argument
/// unless they decrease strictly and are those of noisy levels. `Times{{900, 400, 100}}`.
struct Times {
  std::vector<double> values;

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Times");
    check(int(values.size()) == n, "Times", "the list has ", values.size(), " times, asked for ", n);
    check_times(schedule, values, "Times");
    return values;
  }
  static constexpr void fields(auto& self, auto&& f) { f("values", self.values); }
  friend bool operator==(const Times&, const Times&) = default;
};
static_assert(GridRule<Times>);

}  // namespace hush
