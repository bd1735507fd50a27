#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include <hush/check.hpp>
#include <hush/grid.hpp>
#include <hush/grids/shared/inverse_beta.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/shared/inverse.hpp>

namespace hush::diffusers {

/// The sigmas of Karras et al., those spaced evenly in their logarithm or by the beta distribution of .6 and .6
/// (use_karras_sigmas, use_exponential_sigmas, use_beta_sigmas) over the range that a scheduler of diffusers gives
/// them: `smallest` and `largest`, or, where these are 0, what the times of `ends` span, or the schedule. `ends_noisy`:
/// the run ends at a noisy level, so that the last time is left out where it has that level.
struct Sigmas {
  AnyGrid ends = nullptr;
  double smallest = 0, largest = 0;  // 0: of `ends`
  double rho = 7;                    // 0: evenly in the logarithm
  bool ends_noisy = false, beta = false;

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Sigmas");
    const std::vector<double> all = ends ? ends(schedule, n) : std::vector<double>{};
    const double first = all.empty() ? schedule.clean() + schedule.steps() : all.front();
    const double last = all.empty() ? schedule.clean() + 1 : all.back();
    const double most = largest > 0 ? largest : sigma_of(schedule(first));
    const double least = smallest > 0 ? smallest : sigma_of(schedule(last));
    check(std::isfinite(most) && least > 0 && least <= most, "Sigmas", "wants 0 < smallest <= largest, got ", least,
          " and ", most);
    const double end = ends_noisy ? sigma_of(schedule(schedule.clean())) : 0;
    const bool there = ends_noisy && n > 1 && least <= end * (1 + 1e-9);
    check(least >= end * (1 - 1e-9), "Sigmas", "smallest is ", least, ", the run ends at noise / signal = ", end);
    std::vector<double> times;
    for (int k = n - 1; k >= (there ? 1 : 0); --k) {
      times.push_back(time_of_sigma(schedule, sigma(least, most, part_of(k, n))));
    }
    return times;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("ends", self.ends), f("smallest", self.smallest), f("largest", self.largest), f("rho", self.rho);
    f("ends_noisy", self.ends_noisy), f("beta", self.beta);
  }

 private:
  double sigma(double least, double most, double part) const {
    if (beta) return least + (most - least) * hush::detail::inverse_beta(part, .6, .6);
    return rho == 0 ? geometric_sigma(least, most, part) : karras_sigma(least, most, rho, part);
  }
};
static_assert(GridRule<Sigmas>);

/// The shift of an image of so many tokens (use_dynamic_shifting): mu is linear in their number, `base` at `least` and
/// `largest` at `most` tokens (calculate_shift of the pipelines); the shift is e^mu, or mu itself where `linear`.
struct DynamicShift {
  double base = .5, largest = 1.15;
  std::int64_t least = 256, most = 4096;
  bool linear = false;

  double operator()(std::int64_t tokens) const {
    const double mu = base + (largest - base) * double(tokens - least) / double(most - least);
    const double shift = base == largest ? base : mu;
    return linear ? shift : std::exp(shift);
  }
};

/// The times of FlowMatchEulerDiscreteScheduler: evenly from its noisiest time to its least noisy one, T..1 of `steps`,
/// each shifted by s t / (1 + (s - 1) t) (Esser et al. 2024, eq. 23); the least noisy one is shifted twice, as its
/// constructor shifts it already, unless `dynamic`, where the shift is one that depends on the size of the image
/// (use_dynamic_shifting). `terminal`, if it is not 0: 1 - t is then stretched so that the last time is that
/// (shift_terminal).
struct FlowShift {
  double shift = 1;
  int steps = 1000;
  double terminal = 0;
  bool dynamic = false;

  std::vector<double> operator()(const AnySchedule&, int n) const {
    check(n >= 1, "FlowShift", "wants at least 1 step, got ", n);
    check(shift > 0 && std::isfinite(shift) && steps >= 1, "FlowShift", "wants a positive shift and steps, has ", shift,
          " and ", steps);
    const auto shifted = [&](double t) { return shift * t / (1 + (shift - 1) * t); };
    const double least = dynamic ? 1. / steps : shifted(1. / steps);
    std::vector<double> times;
    for (int i = 0; i < n; ++i) times.push_back(shifted(linspace(1, least, n, i)));
    check(terminal >= 0 && terminal < 1 && (terminal == 0 || n > 1), "FlowShift",
          "terminal must be in [0, 1), and wants two steps or more; got ", terminal, " and ", n, " steps");
    if (terminal == 0) return times;
    const double stretch = (1 - terminal) / (1 - times.back());
    for (double& time : times) time = 1 - stretch * (1 - time);
    return times;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("shift", self.shift), f("steps", self.steps), f("terminal", self.terminal), f("dynamic", self.dynamic);
  }
  friend bool operator==(const FlowShift&, const FlowShift&) = default;
};
static_assert(GridRule<FlowShift>);

}  // namespace hush::diffusers
