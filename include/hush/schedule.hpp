#pragma once
#include <concepts>

#include <hush/check.hpp>
#include <hush/level.hpp>

namespace hush {

/// A number of steps: a field (`.steps = 1000`) that also answers when it is called (`schedule.steps()`).
struct Steps {
  int count = 1000;
  constexpr Steps() = default;
  constexpr Steps(int n) : count(n) {}
  constexpr operator int() const { return count; }
  constexpr int operator()() const { return count; }
  friend constexpr bool operator==(const Steps&, const Steps&) = default;
  friend constexpr bool operator==(const Steps& steps, int n) { return steps.count == n; }
};

/// A noise schedule: maps a time to its Level. Continuous schedules take times in [0, 1], 0 is clean. Optional member
/// `rising()`: a function object that gives the same levels, fast if it is called in rising order of time.
template <class S>
concept NoiseSchedule = requires(const S& schedule, double time) {
  { schedule(time) } -> std::same_as<Level>;
};

/// A schedule of `steps()` noisy levels, at the times clean()+1, clean()+2, ..., clean()+steps(). Images without noise
/// are at clean(): -1 for 0-based times 0..T-1, 0 for 1-based times 1..T.
template <class S>
concept DiscreteSchedule = NoiseSchedule<S> && requires(const S& schedule) {
  { schedule.steps() } -> std::convertible_to<int>;
  { schedule.clean() } -> std::convertible_to<double>;
};

namespace detail {

/// A function object that gives the levels of a schedule, fast if it is called in rising order of time. The schedule
/// must outlive it.
template <class S>
auto rising_levels(const S& schedule) {
  if constexpr (requires { schedule.rising(); })
    return schedule.rising();
  else
    return [&schedule](double time) -> Level { return schedule(time); };
}

}  // namespace detail

/// Throws std::invalid_argument unless the schedule has at least 1 step and `time` is in clean() .. clean() + steps().
template <class S>
void check_time(const S& schedule, double time) {
  const int steps = schedule.steps();
  const double clean = schedule.clean();
  check(steps >= 1, "schedule", "wants at least 1 step, got ", steps);
  check(time >= clean && time <= clean + steps, "schedule", "time ", time, " is outside ", clean, " (clean) .. ",
        clean + steps);
}

/// Throws std::invalid_argument unless `time` is in [0, 1], the range of continuous schedules.
inline void check_unit_time(const char* where, double time) {
  check(time >= 0 && time <= 1, where, "time ", time, " is outside 0 (clean) .. 1");
}

/// The time of images without noise.
template <NoiseSchedule S>
double clean_time(const S& schedule) {
  if constexpr (DiscreteSchedule<S>)
    return schedule.clean();
  else
    return 0;
}

/// Type-erased view of any NoiseSchedule, for functions that are no templates. It does not own the schedule, which must
/// outlive it. `steps()` is 0 for a continuous schedule.
class AnySchedule {
 public:
  template <class S>
  requires(!std::same_as<S, AnySchedule> && NoiseSchedule<S>) AnySchedule(const S& schedule)
      : schedule_(&schedule),
        level_([](const void* it, double time) { return (*static_cast<const S*>(it))(time); }),
        clean_(clean_time(schedule)) {
    if constexpr (DiscreteSchedule<S>) steps_ = schedule.steps();
  }

  Level operator()(double time) const { return level_(schedule_, time); }
  int steps() const { return steps_; }
  double clean() const { return clean_; }

 private:
  const void* schedule_;
  Level (*level_)(const void*, double);
  double clean_;
  int steps_ = 0;
};

}  // namespace hush
