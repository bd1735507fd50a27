#pragma once
#include <cmath>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// SEEDS-2 on predicted data (Gonzalez et al. 2023, "SEEDS: exponential SDE solvers for fast high-quality sampling from
/// diffusion models"): the diffusion SDE by an exponential midpoint method, two network calls a step, the
/// second halfway in lambda. The noise of the first half stays in the second, so that what a step adds is exact: z_1
/// for the half, z_2 for the rest. eta = 1 is that SDE, eta = 0 DPM-Solver++(2S), DpmSolverPpSinglestep, without fresh
/// noise; noise comes in at eta times the rate of the SDE. A step that ends without noise ends at x0 after one call,
/// and one that starts without signal makes one. Throws std::invalid_argument for a negative or infinite eta, and for a
/// trajectory that knows no schedule.
struct Seeds2 {
  double eta = 1;

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, const Trajectory& trajectory) const {
    check(eta >= 0 && std::isfinite(eta), "Seeds2", "eta must be 0 or more and finite, got ", eta);
    const X x0 = denoise(x, from).x0;
    if (to.noise == 0) return to.signal * x0;
    const auto [whole, added] = detail::sde_step(from, to, eta);
    if (from.signal == 0) return noisy(whole.through(x, one(from, x0)), added, noise);

    // Halfway, with the noise of the first half.
    const Level middle = trajectory.at_sigma(std::exp(-whole.begin - whole.h / 2));
    const auto [half, added_before] = detail::sde_step(from, middle, eta);
    const X u = noisy(half.through(x, one(from, x0)), added_before, noise);
    const X x0_there = denoise(u, middle).x0;
    // The rest: u has kept x and its noise; the estimate in the middle takes the place of the first one in the drift of
    // the whole step.
    const auto [rest, added_behind] = detail::sde_step(middle, to, eta);
    const X carried = rest.keep * u + rest.keep * half.size * std::expm1(half.rate * half.h) * x0;
    return noisy<X>(carried - whole.size * std::expm1(whole.rate * whole.h) * x0_there, added_behind, noise);
  }
  static constexpr void fields(auto& self, auto&& f) { f("eta", self.eta); }
  friend constexpr bool operator==(const Seeds2&, const Seeds2&) = default;

 private:
  template <class X>
  static std::vector<detail::Estimate<X>> one(Level at, const X& x0) {
    return {{at, x0}};
  }
  template <class X>
  static X noisy(const X& mean, double added, auto&& noise) {
    if (added == 0) return mean;
    return mean + added * noise();
  }
};
static_assert(Sampler<Seeds2>);

}  // namespace hush
