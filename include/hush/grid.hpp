#pragma once
#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <vector>

#include <hush/check.hpp>
#include <hush/described.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/shared/inverse.hpp>

namespace hush {

/// A time grid (timestep spacing): the n strictly decreasing times at which the steps of sampling start; never the
/// clean time.
template <class G>
concept GridRule = requires(const G& rule, const AnySchedule& schedule, int n) {
  { rule(schedule, n) } -> std::same_as<std::vector<double>>;
};

/// Any GridRule behind one type, as the options of `sample` hold it: one of `grids/`, or a lambda that returns a list
/// of times.
using AnyGrid = Described<std::vector<double>(const AnySchedule& schedule, int n)>;

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

/// Throws std::invalid_argument unless the times decrease strictly and are those of noisy levels of the schedule.
inline void check_times(const AnySchedule& schedule, const std::vector<double>& times, const char* where) {
  const double clean = schedule.clean(), last = clean + (schedule.steps() > 0 ? schedule.steps() : 1);
  for (std::size_t i = 0; i < times.size(); ++i) {
    check(times[i] > clean && times[i] <= last, where, "time ", times[i], " must be above ", clean,
          " (clean) and at most ", last);
    const double before = i > 0 ? times[i - 1] : std::numeric_limits<double>::infinity();
    check(times[i] < before, where, "the times must fall: ", times[i], " follows ", before);
  }
}

/// Throws std::invalid_argument unless the schedule is discrete.
inline void check_discrete(const AnySchedule& schedule, const char* where) {
  check(schedule.steps() > 0, where, "wants a discrete schedule, this one is continuous");
}

/// The range of noise / signal that a grid covers; by default that of the schedule.
struct SigmaRange {
  double smallest = 0, largest = 0;  // 0: of the schedule's first noisy level, of its noisiest
  double lowest = 1e-3;              // time of the first noisy level, for continuous schedules only
  static constexpr void fields(auto& self, auto&& f) {
    f("smallest", self.smallest), f("largest", self.largest), f("lowest", self.lowest);
  }
  friend constexpr bool operator==(const SigmaRange&, const SigmaRange&) = default;
};

/// The n times at which noise / signal is sigma(smallest, largest, part) for n evenly spaced parts from 1 to 0 (n = 1:
/// at the largest); fractional times if the schedule is discrete. Throws std::invalid_argument for a range that is not
/// within the schedule.
template <class Sigma>
std::vector<double> times_of_sigmas(const AnySchedule& schedule, int n, SigmaRange range, const char* where,
                                    Sigma sigma) {
  check_step_count(schedule, n, where);
  check(range.lowest > 0 && range.lowest < 1, where, "lowest must be in (0, 1), got ", range.lowest);
  const bool discrete = schedule.steps() > 0;
  const double first = sigma_of(schedule(discrete ? schedule.clean() + 1 : range.lowest));
  const double last = sigma_of(schedule(schedule.clean() + (discrete ? schedule.steps() : 1)));
  if (range.smallest == 0) range.smallest = first;
  if (range.largest == 0) range.largest = last;
  check(std::isfinite(range.largest), where, "the noisiest level has no signal: say the largest noise / signal, ",
        "as .range = {.largest = 80}");
  check(range.smallest > 0 && range.smallest <= range.largest, where, "wants 0 < smallest <= largest, got ",
        range.smallest, " and ", range.largest);
  const double least = discrete ? first : sigma_of(schedule(std::numeric_limits<double>::min()));
  check(range.smallest >= least && range.largest <= last, where, range.smallest, " to ", range.largest,
        " is not within noise / signal of the schedule, ", least, " to ", last);
  std::vector<double> times;
  times.reserve(std::size_t(n));
  for (int k = n - 1; k >= 0; --k)
    times.push_back(time_of_sigma(schedule, sigma(range.smallest, range.largest, part_of(k, n))));
  check_times(schedule, times, where);
  return times;
}

/// The levels at the times of a grid, then the clean level, where sampling ends.
template <NoiseSchedule S>
std::vector<Level> levels_at(const S& schedule, const std::vector<double>& times) {
  std::vector<Level> levels;
  levels.reserve(times.size() + 1);
  levels.push_back(schedule(clean_time(schedule)));
  auto level_at = detail::rising_levels(schedule);
  for (auto time = times.rbegin(); time != times.rend(); ++time) levels.push_back(level_at(*time));
  std::reverse(levels.begin(), levels.end());
  return levels;
}

}  // namespace hush
