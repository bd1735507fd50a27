#pragma once
#include <vector>

#include <hush/grid.hpp>

namespace hush {

/// These times, as the schedule calls them, whole or fractional; n must be how many they are. Throws
/// std::invalid_argument unless they fall strictly and are those of noisy levels. `Times{{900, 400, 100}}`.
struct Times {
  std::vector<double> values;

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Times");
    check(int(values.size()) == n, "Times", "the list has ", values.size(), " times, asked for ", n);
    check_times(schedule, values, "Times");
    return values;
  }
};
static_assert(GridRule<Times>);

}  // namespace hush
