#pragma once
#include <cmath>
#include <string_view>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// The multistep solvers of Lu et al.: one network call a step, which reuses the estimates of the steps before. The
/// first steps have lower orders, as have the last ones of a run of fewer than 15 steps if `lower_order_final`; a step
/// to noise 0 gives x0. Order 3 integrates the parabola through three estimates; `curvature` = 1/2 halves its quadratic
/// term, as the authors' code and diffusers do, and is of order 2. Throws std::invalid_argument for an order that is
/// not 1, 2 or 3, and for a curvature that is not finite.
template <class Prediction>
struct DpmMultistep {
  int order = 2;
  DpmVariant variant = DpmVariant::midpoint;
  bool lower_order_final = true;
  double curvature = 1;

  template <class X>
  struct Memory {
    std::vector<detail::Estimate<X>> past;
  };

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory,
         const Trajectory& trajectory) const {
    check(order >= 1 && order <= 3, "DpmSolver", "has the orders 1, 2 and 3, not ", order);
    check(std::isfinite(curvature), "DpmSolver", "curvature must be finite, got ", curvature);
    const auto answer = denoise(x, from);
    if (to.noise == 0) return to.signal * answer.x0;
    const auto estimates =
        detail::estimates_now<X>(memory.past, {from, Prediction::of(answer)}, order, trajectory, lower_order_final);
    const detail::ExponentialStep over = Prediction::over(from, to);
    if (estimates.size() == 2 && variant == DpmVariant::midpoint)
      return over.slanted(x, estimates[1], estimates[0], over.bh2());
    return over.through(x, estimates, curvature);
  }
  static constexpr std::string_view alias = Prediction::of_noise ? "DpmSolver" : "DpmSolverPp";
  static constexpr void fields(auto& self, auto&& f) {
    f("order", self.order), f("variant", self.variant), f("lower_order_final", self.lower_order_final),
        f("curvature", self.curvature);
  }
  friend constexpr bool operator==(const DpmMultistep&, const DpmMultistep&) = default;
};

/// DPM-Solver, which predicts noise (Lu et al. 2022a), as a multistep method.
using DpmSolver = DpmMultistep<detail::NoisePrediction>;
static_assert(Sampler<DpmSolver>);

/// DPM-Solver++, which predicts data (Lu et al. 2022b, algorithm 2: "2M").
using DpmSolverPp = DpmMultistep<detail::DataPrediction>;
static_assert(Sampler<DpmSolverPp>);

}  // namespace hush
