#pragma once
#include <cmath>
#include <concepts>
#include <functional>
#include <vector>

#include <hush/check.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// Where the steps of sampling fall: n strictly decreasing times of a schedule, the clean one not among them.
template <class G>
concept GridRule = requires(const G& rule, const AnySchedule& schedule, int n) {
  { rule(schedule, n) } -> std::same_as<std::vector<double>>;
};

/// Any rule, as the options of `sample` hold it: one of `grids/`, or a lambda that returns a list of times.
using Grid = std::function<std::vector<double>(const AnySchedule& schedule, int n)>;

/// Throws std::invalid_argument unless n is 1..steps(); a continuous schedule (steps() = 0) takes any n >= 1.
inline void check_step_count(const AnySchedule& schedule, int n, const char* where) {
  check(n >= 1, where, "wants at least 1 step, got ", n);
  check(schedule.steps() == 0 || n <= schedule.steps(), where, n, " steps are more than the ", schedule.steps(),
        " of the schedule");
}

/// The times place(n-1), ..., place(0), where place(k) counts from the first noisy level of a discrete schedule.
template <class Place>
std::vector<double> descending(const AnySchedule& schedule, int n, Place place) {
  std::vector<double> times;
  times.reserve(std::size_t(n));
  const double first = schedule.steps() > 0 ? schedule.clean() + 1 : schedule.clean();
  for (int k = n - 1; k >= 0; --k) times.push_back(first + place(k));
  return times;
}

/// The levels at the times of a grid, and then the clean one, which sampling ends at.
template <NoiseSchedule S>
std::vector<Level> levels_at(const S& schedule, const std::vector<double>& times) {
  std::vector<Level> levels;
  levels.reserve(times.size() + 1);
  for (const double time : times) levels.push_back(schedule(time));
  levels.push_back(schedule(clean_time(schedule)));
  return levels;
}

}  // namespace hush
