#pragma once
#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// The levels of a schedule that is given by its betas, at times clean() .. clean()+steps(): alpha_bar is the product
/// of (1 - beta_i), linear between whole times (Ho et al. 2020, eq. 4; the interpolation is that of Palette). Each call
/// continues the product of the one before, unless its time is earlier. Throws std::invalid_argument for a time outside
/// that range and for a beta outside [0, 1); the last may be 1.
template <class S>
class LevelsFromBetas {
 public:
  explicit LevelsFromBetas(const S& schedule) : schedule_(schedule) {}

  Level operator()(double time) {
    check_time(schedule_, time);
    const double position = time - schedule_.clean();
    const int whole = int(position);
    if (whole < betas_) {
      betas_ = 0;
      alpha_bar_ = 1;
    }
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

/// One level of a schedule that is given by its betas; see LevelsFromBetas.
template <class S>
Level level_from_betas(const S& schedule, double time) {
  return LevelsFromBetas<S>(schedule)(time);
}

/// Beta i = 1 - alpha_bar(i + 1) / alpha_bar(i), at most `cap`, of a schedule with a falling function
/// alpha_bar(position), position 0..steps() (Nichol and Dhariwal 2021, section 3.2).
template <class S>
double capped_beta(const S& schedule, int i) {
  check(schedule.cap > 0 && schedule.cap <= 1, "schedule", "cap must be in (0, 1], got ", schedule.cap);
  const double beta = 1 - schedule.alpha_bar(i + 1) / schedule.alpha_bar(i);
  check(beta >= 0, "schedule", "beta ", i, " is ", beta, ", must be in [0, 1]");
  return beta > schedule.cap ? schedule.cap : beta;
}

/// The level that the capped betas give, without a product over all of them: the betas must grow with i, so that the
/// capped ones are the last; before them the product is alpha_bar(i) / alpha_bar(0). Throws as `level_from_betas` does.
template <class S>
Level level_from_alpha_bar(const S& schedule, double time) {
  check_time(schedule, time);
  const double position = time - schedule.clean();
  int i = int(position);
  double alpha_bar = i < position ? 1 - (position - i) * capped_beta(schedule, i) : 1;
  for (; i > 0 && capped_beta(schedule, i - 1) == schedule.cap; --i) alpha_bar *= 1 - schedule.cap;
  return variance_preserving(time, alpha_bar * (schedule.alpha_bar(i) / schedule.alpha_bar(0)));
}

}  // namespace hush
