#pragma once
#include <cmath>
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

/// What gives the level at a time. Continuous schedules know the times [0, 1], and 0 is clean.
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

/// Number i of n evenly spaced numbers from `first` to `last`, both included.
constexpr double linspace(double first, double last, int n, int i) {
  return n > 1 ? first + (last - first) * i / (n - 1) : first;
}

/// Throws std::invalid_argument unless there is a step and the time is that of a level, or between two.
template <class S>
void check_time(const S& schedule, double time) {
  const int steps = schedule.steps();
  const double clean = schedule.clean();
  check(steps >= 1, "schedule", "wants at least 1 step, got ", steps);
  check(time >= clean && time <= clean + steps, "schedule", "time ", time, " is outside ", clean, " (clean) .. ",
        clean + steps);
}

/// The level of a schedule that is given by its betas, at a time clean() .. clean()+steps(): alpha_bar is the product
/// of (1 - beta_i), linear between whole times (Ho et al. 2020, eq. 4; the interpolation is that of Palette). Throws
/// std::invalid_argument for a time outside that range and for a beta outside [0, 1).
template <class S>
Level level_from_betas(const S& schedule, double time) {
  check_time(schedule, time);
  const double position = time - schedule.clean();
  double alpha_bar = 1;
  for (int i = 0; i < position; ++i) {
    const double beta = schedule.beta(i);
    check(beta >= 0 && beta < 1, "schedule", "beta ", i, " is ", beta, ", must be in [0, 1)");
    alpha_bar *= 1 - std::fmin(position - i, 1) * beta;
  }
  return variance_preserving(time, alpha_bar);
}

/// The time of images without noise.
template <NoiseSchedule S>
double clean_time(const S& schedule) {
  if constexpr (DiscreteSchedule<S>)
    return schedule.clean();
  else
    return 0;
}

/// Any schedule behind one type, so that what takes it need not be a template: two pointers and two numbers.
/// A view: the schedule must outlive it. `steps()` is 0 for a continuous schedule.
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

/// The time at which noise / signal is `sigma`, found by bisection: sigma grows with time. Between the clean level and
/// the first noisy one too; a schedule whose noise does not begin at 0 answers with its first noisy time there. Throws
/// std::invalid_argument for a sigma that is negative, not a number, or larger than that of the noisiest level.
inline double time_of_sigma(const AnySchedule& schedule, double sigma) {
  const auto reaches = [&](double time) {
    const Level at = schedule(time);
    return at.noise >= sigma * at.signal;
  };
  double low = schedule.clean(), high = low + (schedule.steps() > 0 ? schedule.steps() : 1);
  check(sigma >= 0 && reaches(high), "schedule", "has no level of noise / signal = ", sigma);
  if (reaches(low)) return low;
  while (high - low > 1) {  // discrete schedules: first the interval, then the place in it
    const double middle = low + std::floor((high - low) / 2);
    (reaches(middle) ? high : low) = middle;
  }
  for (double middle; (middle = low + (high - low) / 2) > low && middle < high;)
    (reaches(middle) ? high : low) = middle;
  return high;
}

/// The same levels called by times that are larger by one: 1..T, and 0 is clean, as in algorithms 1 and 2 of
/// Ho et al. 2020. `OneBased{LinearBeta{...}}`.
template <class S>
struct OneBased {
  S zero_based{};
  constexpr int steps() const { return zero_based.steps(); }
  constexpr double beta(int i) const { return zero_based.beta(i - 1); }
  constexpr double clean() const { return zero_based.clean() + 1; }
  Level operator()(double time) const {
    check_time(*this, time);
    Level at = zero_based(time - 1);
    at.time = time;
    return at;
  }
  friend constexpr bool operator==(const OneBased&, const OneBased&) = default;
};
template <class S>
OneBased(S) -> OneBased<S>;

}  // namespace hush
