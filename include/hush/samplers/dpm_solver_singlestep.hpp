#pragma once
#include <cmath>
#include <string_view>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// The singlestep solvers of Lu et al.: a step of order k makes k network calls, at its start and at levels of the
/// schedule in between, which divide it evenly in lambda. A step that ends without noise ends at x0 after one call, and
/// so does one that starts without signal. Throws std::invalid_argument for an order that is not 1, 2 or 3, and for a
/// trajectory that knows no schedule.
template <class Prediction>
struct DpmSinglestep {
  int order = 2;
  DpmVariant variant = DpmVariant::midpoint;

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, const Trajectory& trajectory) const {
    check(order >= 1 && order <= 3, "DpmSolverSinglestep", "has the orders 1, 2 and 3, not ", order);
    // First-order step.
    const auto estimates = denoise(x, from);
    if (to.noise == 0) return to.signal * estimates.x0;
    const detail::Estimate<X> first{from, Prediction::of(estimates)};
    const detail::ExponentialStep over = Prediction::over(from, to);
    if (order == 1 || from.signal == 0) return over.through(x, {first});

    // Second-order correction: one level in between.
    const auto level = [&](double r) { return trajectory.at_sigma(std::exp(-over.begin - r * over.h)); };
    const auto estimate = [&](const X& u, Level at) { return detail::Estimate<X>{at, Prediction::of(denoise(u, at))}; };
    const Level s1 = level(order == 2 ? 1. / 2 : 1. / 3);
    const detail::Estimate<X> second = estimate(Prediction::over(from, s1).through(x, {first}), s1);
    if (order == 2 && variant == DpmVariant::midpoint) return over.slanted(x, first, second, over.bh2());
    if (order == 2) return over.through(x, {first, second});

    // Third-order correction: a second level in between.
    const Level s2 = level(2. / 3);
    const detail::Estimate<X> third = estimate(Prediction::over(from, s2).through(x, {first, second}), s2);
    if (variant == DpmVariant::midpoint) return over.through(x, {first, third});
    return over.through(x, {first, second, third});
  }
  static constexpr std::string_view alias = Prediction::of_noise ? "DpmSolverSinglestep" : "DpmSolverPpSinglestep";
  static constexpr void fields(auto& self, auto&& f) { f("order", self.order), f("variant", self.variant); }
  friend constexpr bool operator==(const DpmSinglestep&, const DpmSinglestep&) = default;
};

/// DPM-Solver-1, -2 and -3, which predict noise (Lu et al. 2022a, eq. 3.7 and algorithms 1 and 2).
using DpmSolverSinglestep = DpmSinglestep<detail::NoisePrediction>;
static_assert(Sampler<DpmSolverSinglestep>);

/// DPM-Solver++, which predicts data (Lu et al. 2022b, algorithm 1: "2S").
using DpmSolverPpSinglestep = DpmSinglestep<detail::DataPrediction>;
static_assert(Sampler<DpmSolverPpSinglestep>);

}  // namespace hush
