#pragma once
#include <cmath>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// SDE-DPM-Solver++(2M) (Lu et al. 2022b), of order 1 and 2: the diffusion SDE, with the line through two estimates of
/// x0. eta = 1 is that SDE, eta = 0 the ODE of DPM-Solver++; all have the same marginals, and noise comes in at eta
/// times the rate of the SDE (k-diffusion's eta, not DDIM's). The first step has order 1, as has the last one of a run
/// of fewer than 15 steps if `lower_order_final`; a step to noise 0 gives x0. Throws std::invalid_argument for an order
/// that is not 1 or 2, and for a negative or infinite eta.
struct DpmSolverSde {
  int order = 2;
  DpmVariant variant = DpmVariant::midpoint;
  double eta = 1;
  bool lower_order_final = true;

  template <class X>
  struct Memory {
    std::vector<detail::Estimate<X>> past;
  };

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, Memory<X>& memory,
         const Trajectory& trajectory) const {
    check(order == 1 || order == 2, "DpmSolverSde", "has the orders 1 and 2, not ", order);
    check(eta >= 0 && std::isfinite(eta), "DpmSolverSde", "eta must be 0 or more and finite, got ", eta);
    const auto answer = denoise(x, from);
    if (to.noise == 0) return to.signal * answer.x0;
    const auto estimates =
        detail::estimates_now<X>(memory.past, {from, answer.x0}, order, trajectory, lower_order_final);
    const auto [over, added] = detail::sde_step(from, to, eta);
    const X mean = estimates.size() == 2 && variant == DpmVariant::midpoint
                       ? over.slanted(x, estimates[1], estimates[0], over.bh2())
                       : over.through(x, estimates);
    if (eta == 0) return mean;
    return mean + added * noise();
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("order", self.order), f("variant", self.variant), f("eta", self.eta),
        f("lower_order_final", self.lower_order_final);
  }
  friend constexpr bool operator==(const DpmSolverSde&, const DpmSolverSde&) = default;
};
static_assert(Sampler<DpmSolverSde>);

}  // namespace hush
