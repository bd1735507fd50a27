#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// SA-Solver on predicted data (Xue et al. 2023, "SA-Solver: stochastic Adams solver for fast sampling of diffusion
/// models"), one network call a step: the diffusion SDE, its noise at tau^2 times the usual rate in steps that begin at
/// noise / signal from `noise_min` to `noise_max`, and none in others. The predictor takes the polynomial in lambda
/// through the last `predictor_order` estimates of x0 (1 to 4); the corrector repeats that step on the same noise with
/// `corrector_order` of them (0 to 4; 0: none), that at its end included. `leading_terms` weighs two estimates by h
/// alone, as its authors and diffusers do for few steps: tau = 0 and orders 2 and 3 are then UniPc{.variant =
/// UniPcVariant::bh1}. A run begins with lower orders, and ends with them if `lower_order_final`; a step to noise 0
/// gives x0. Throws std::invalid_argument for other orders, a negative or infinite tau, and a range that is none.
struct SaSolver {
  int predictor_order = 2, corrector_order = 2;
  double tau = 1, noise_min = 0, noise_max = std::numeric_limits<double>::infinity();
  bool lower_order_final = true, leading_terms = false;

  template <class X>
  struct Memory {
    std::vector<detail::Estimate<X>> past;
    int predictor = 0, corrector = 0;  // orders of the last step
    double eta = 0;                    // its tau^2
  };
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, Memory<X>& memory,
         const Trajectory& trajectory) const {
    check(predictor_order >= 1 && predictor_order <= 4 && corrector_order >= 0 && corrector_order <= 4, "SaSolver",
          "has predictors of order 1 to 4 and correctors of 0 to 4, not ", predictor_order, " and ", corrector_order);
    check(tau >= 0 && std::isfinite(tau), "SaSolver", "tau must be 0 or more and finite, got ", tau);
    check(noise_min <= noise_max, "SaSolver", "wants noise_min <= noise_max, got ", noise_min, " and ", noise_max);
    const X x0 = denoise(x, from).x0;
    if (to.noise == 0) return to.signal * x0;
    detail::remember<X>(memory.past, {from, x0}, std::max(predictor_order + 1, corrector_order));
    const bool again = memory.corrector > 0 && int(memory.past.size()) > memory.predictor;
    const X here = again ? x + correction(memory, 0. * x) : x;
    memory.eta = sigma_of(from) >= noise_min && sigma_of(from) <= noise_max ? tau * tau : 0;
    memory.predictor = detail::order_now(predictor_order, memory.past, trajectory, lower_order_final);
    const int more = detail::order_now(corrector_order - 1, memory.past, trajectory, lower_order_final);
    memory.corrector = std::min(corrector_order, more + 1);
    const auto [over, added] = detail::sde_step(from, to, memory.eta);
    const X mean = adams(over, here, detail::newest(memory.past, memory.predictor), from);
    return added == 0 ? mean : mean + added * noise();
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("predictor_order", self.predictor_order), f("corrector_order", self.corrector_order), f("tau", self.tau);
    f("noise_min", self.noise_min), f("noise_max", self.noise_max), f("lower_order_final", self.lower_order_final);
    f("leading_terms", self.leading_terms);
  }
  friend constexpr bool operator==(const SaSolver&, const SaSolver&) = default;

 private:
  /// The mean of a step by the polynomial through estimates, one of which is that at `begin`, where the step begins.
  template <class X>
  X adams(const detail::ExponentialStep& over, const X& x, const std::vector<detail::Estimate<X>>& estimates,
          Level begin) const {
    if (!leading_terms || estimates.size() != 2) return over.through(x, estimates);
    const std::size_t first = estimates[1].at == begin ? 1 : 0;
    return over.slanted(x, estimates[first], estimates[1 - first], over.bh1());
  }
  /// What the corrector adds to the end of the last step; x and the noise of that step cancel.
  template <class X>
  X correction(const Memory<X>& memory, const X& zero) const {
    const auto known = detail::newest(memory.past, memory.predictor + 1);
    const Level begin = known[known.size() - 2].at, end = known.back().at;
    const detail::ExponentialStep over = detail::sde_step(begin, end, memory.eta).mean;
    const X predicted = adams<X>(over, zero, {known.begin(), known.end() - 1}, begin);
    return adams(over, zero, detail::newest(memory.past, memory.corrector), begin) - predicted;
  }
};
static_assert(Sampler<SaSolver>);

}  // namespace hush
