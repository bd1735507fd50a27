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

/// What gives the level at a time. Continuous schedules know the times [0, 1], and 0 is clean. It may have a
/// `rising()`: what gives the same levels, and quickly if it is asked for them in rising order.
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

/// Throws std::invalid_argument unless the time is one of a continuous schedule.
inline void check_unit_time(const char* where, double time) {
  check(time >= 0 && time <= 1, where, "time ", time, " is outside 0 (clean) .. 1");
}

/// The levels of a schedule that is given by its betas, at times clean() .. clean()+steps(): alpha_bar is the product
/// of (1 - beta_i), linear between whole times (Ho et al. 2020, eq. 4; the interpolation is that of Palette). The
/// product goes on from the time before where that was no later. Throws std::invalid_argument for a time outside that
/// range and for a beta outside [0, 1); the last may be 1.
template <class S>
class LevelsFromBetas {
 public:
  explicit LevelsFromBetas(const S& schedule) : schedule_(schedule) {}

  Level operator()(double time) {
    check_time(schedule_, time);
    const double position = time - schedule_.clean();
    const int whole = int(position);
    if (whole < betas_) betas_ = 0, alpha_bar_ = 1;
    for (; betas_ < whole; ++betas_) alpha_bar_ *= kept(betas_, 1);
    return variance_preserving(time, whole < position ? alpha_bar_ * kept(whole, position - whole) : alpha_bar_);
  }

 private:
  double kept(int i, double part) const {
    const double beta = schedule_.beta(i);
    check(beta >= 0 && (beta < 1 || (beta == 1 && i == schedule_.steps() - 1)), "schedule", "beta ", i, " is ", beta,
          ", must be in [0, 1); only the last may be 1");
    return 1 - part * beta;
  }

  const S& schedule_;
  int betas_ = 0;  // of which alpha_bar_ is the product
  double alpha_bar_ = 1;
};

/// One of those levels.
template <class S>
Level level_from_betas(const S& schedule, double time) {
  return LevelsFromBetas<S>(schedule)(time);
}

/// Beta number i of a schedule that is given by a falling function alpha_bar(position), position 0..steps(); none
/// exceeds its `cap` (Nichol and Dhariwal 2021, section 3.2).
template <class S>
double capped_beta(const S& schedule, int i) {
  check(schedule.cap > 0 && schedule.cap <= 1, "schedule", "cap must be in (0, 1], got ", schedule.cap);
  const double beta = 1 - schedule.alpha_bar(i + 1) / schedule.alpha_bar(i);
  check(beta >= 0, "schedule", "beta ", i, " is ", beta, ", must be in [0, 1]");
  return beta > schedule.cap ? schedule.cap : beta;
}

/// The level that those betas give, without a product over all of them: they must grow with i, so that the capped ones
/// are the last, and before them the product is alpha_bar(i) / alpha_bar(0). Throws as `level_from_betas` does.
template <class S>
Level level_from_alpha_bar(const S& schedule, double time) {
  check_time(schedule, time);
  const double position = time - schedule.clean();
  int i = int(position);
  double alpha_bar = i < position ? 1 - (position - i) * capped_beta(schedule, i) : 1;
  for (; i > 0 && capped_beta(schedule, i - 1) == schedule.cap; --i) alpha_bar *= 1 - schedule.cap;
  return variance_preserving(time, alpha_bar * (schedule.alpha_bar(i) / schedule.alpha_bar(0)));
}

/// The variance-preserving level of that sigma.
inline Level preserving_level(double time, double sigma) {
  const double norm = std::hypot(1, sigma);
  return {time, 1 / norm, sigma / norm};
}

/// Whether signal^2 + noise^2 = 1, up to rounding.
inline bool is_preserving(const Level& at) { return std::abs(at.signal * at.signal + at.noise * at.noise - 1) < 1e-9; }

/// Where number i of n evenly spaced ones stands between 0 and 1; a single one stands at 1.
constexpr double part_of(int i, int n) { return n > 1 ? double(i) / (n - 1) : 1; }

/// A sigma between two, 0 < smallest < largest: the part-th power step of a geometric sequence, exact at 0 and 1
/// (Song and Ermon 2019, section 4.2).
inline double geometric_sigma(double smallest, double largest, double part) {
  return part <= 0 ? smallest : part >= 1 ? largest : smallest * std::pow(largest / smallest, part);
}

/// The same where the roots of order rho are evenly spaced (Karras et al. 2022, eq. 5).
inline double karras_sigma(double smallest, double largest, double rho, double part) {
  if (part <= 0 || part >= 1) return part <= 0 ? smallest : largest;
  const double low = std::pow(smallest, 1 / rho), high = std::pow(largest, 1 / rho);
  return std::pow(low + part * (high - low), rho);
}

/// Throws std::invalid_argument unless 0 < smallest < largest and both are finite.
inline void check_sigmas(const char* where, double smallest, double largest) {
  check(smallest > 0 && smallest < largest && std::isfinite(largest), where, "wants 0 < smallest < largest, got ",
        smallest, " and ", largest);
}

/// Noise / signal of a schedule that gives sigma(i) of its levels, i = 0 for the least noisy one: linear in time, from
/// 0 at clean() to the first one too.
template <class S>
double sigma_at(const S& schedule, double time) {
  check_time(schedule, time);
  const double position = time - schedule.clean(), above = std::ceil(position);
  if (above == 0) return 0;
  const double high = schedule.sigma(int(above) - 1), low = above > 1 ? schedule.sigma(int(above) - 2) : 0;
  return high - (above - position) * (high - low);
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

/// The time at which noise / signal reaches `sigma`, to the last digits, between `low`, where it does not yet, and
/// `high`. By the Illinois method (Dowell and Jarratt 1971) on noise^2 / (signal^2 + noise^2), which is linear in time
/// where betas are interpolated.
inline double time_between(const AnySchedule& schedule, double sigma, double low, double high) {
  const double signal = 1 / std::hypot(1, sigma), noise = sigma * signal;
  const auto excess = [&](const Level& at) {  // a product, so that no digits are lost near 0 and near 1
    return (at.noise * signal - at.signal * noise) * (at.noise * signal + at.signal * noise) /
           (at.signal * at.signal + at.noise * at.noise);
  };
  const auto digit = [&] { return 0x1p-52 * std::fmax(std::fmax(std::abs(low), std::abs(high)), 0x1p-960); };
  double below = excess(schedule(low)), above = excess(schedule(high));
  // A guess stays away from both ends, by a digit at first and then by more, so that the root is soon met from its
  // other side too, also where rounding makes stairs of the levels.
  double away = 1;
  for (int side = 0; high - low > 2 * digit();) {
    const double least = std::fmin(away * digit(), (high - low) / 2);
    const double guess = low + (high - low) * (below / (below - above));
    const double time = std::fmin(std::fmax(guess, low + least), high - least);
    const Level at = schedule(time);
    const int now = sigma_of(at) >= sigma ? 1 : -1;
    away = now == side ? 4 * away : 1;
    if (now > 0) {
      if (side > 0) below /= 2;
      high = time, above = excess(at);
    } else {
      if (side < 0) above /= 2;
      low = time, below = excess(at);
    }
    side = now;
  }
  return high;
}

/// The time at which noise / signal is `sigma`, found by bisection: sigma grows with time. Between the clean level and
/// the first noisy one too; a schedule whose noise does not begin at 0 answers with its first noisy time there. About
/// 60 levels are asked for, of a discrete schedule log2(T) and a few more. Throws std::invalid_argument for a sigma
/// that is negative, not a number, or larger than that of the noisiest level.
inline double time_of_sigma(const AnySchedule& schedule, double sigma) {
  const auto reaches = [&](double time) { return sigma_of(schedule(time)) >= sigma; };
  double low = schedule.clean(), high = low + (schedule.steps() > 0 ? schedule.steps() : 1);
  check(sigma >= 0 && reaches(high), "schedule", "has no level of noise / signal = ", sigma);
  if (reaches(low)) return low;
  while (high - low > 1) {  // discrete schedules: first the interval, then the place in it
    const double middle = low + std::floor((high - low) / 2);
    (reaches(middle) ? high : low) = middle;
  }
  if (sigma_of(schedule(high)) == sigma) return high;  // a level has its own time, not one that rounds to its sigma
  if (schedule.steps() > 0) return time_between(schedule, sigma, low, high);
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
  auto rising() const requires requires { zero_based.rising(); }
  {
    return [this, levels = zero_based.rising()](double time) mutable {
      check_time(*this, time);
      Level at = levels(time - 1);
      at.time = time;
      return at;
    };
  }
  static constexpr void fields(auto& self, auto&& f) { f("zero_based", self.zero_based); }
  friend constexpr bool operator==(const OneBased&, const OneBased&) = default;
};
template <class S>
OneBased(S) -> OneBased<S>;

}  // namespace hush
