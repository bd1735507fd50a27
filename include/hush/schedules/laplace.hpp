#pragma once
#include <cmath>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_betas.hpp>

namespace hush {

/// The log signal-to-noise ratio follows a Laplace distribution (Hang et al. 2024, "Improved noise schedule for
/// diffusion training", table 1), as diffusers' transform "laplace" computes it: alpha_bar is the square root of the
/// paper's, and the scale 1/2. No beta exceeds `cap`; times 0..steps-1.
struct Laplace {
  Steps steps = 1000;
  double location = 0, scale = .5, cap = .999;

  double alpha_bar(double position) const {
    const double t = position / steps, tail = std::log(1 - 2 * std::abs(.5 - t) + 1e-6);
    const double snr = std::exp(location + (t > .5 ? scale * tail : -scale * tail));
    return std::sqrt(snr / (1 + snr));
  }
  double beta(int i) const { return capped_beta(*this, i); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    check(std::isfinite(location), "Laplace", "location must be finite, got ", location);
    check(scale > 0 && std::isfinite(scale), "Laplace", "scale must be more than 0 and finite, got ", scale);
    return level_from_betas(*this, time);  // the betas fall and rise again
  }
  auto rising() const { return LevelsFromBetas(*this); }
  static constexpr void fields(auto& self, auto&& f) {
    f("steps", self.steps), f("location", self.location), f("scale", self.scale), f("cap", self.cap);
  }
  friend constexpr bool operator==(const Laplace&, const Laplace&) = default;
};
static_assert(DiscreteSchedule<Laplace>);

}  // namespace hush
