#pragma once
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// DEIS: tAB-DEIS (Zhang and Chen 2023, eq. 14 and 15), its polynomial in ln rho, rho = noise / signal: "logrho". With
/// y = x / signal the ODE is dy = eps d rho, and eps becomes the polynomial through the last `order` estimates; ln rho
/// being -lambda, that is the exponential integrator for predicted noise. The first steps have lower orders, as have
/// the last ones of a run of fewer than 15 steps if `lower_order_final`; a step to noise 0 gives x0. Throws
/// std::invalid_argument for an order that is not 1, 2 or 3.
struct Deis {
  int order = 2;
  bool lower_order_final = true;

  template <class X>
  struct Memory {
    std::vector<detail::Estimate<X>> past;
  };

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory,
         const Trajectory& trajectory) const {
    check(order >= 1 && order <= 3, "Deis", "has the orders 1, 2 and 3, not ", order);
    const auto answer = denoise(x, from);
    if (to.noise == 0) return to.signal * answer.x0;
    return detail::NoisePrediction::over(from, to).through(
        x, detail::estimates_now<X>(memory.past, {from, answer.eps}, order, trajectory, lower_order_final));
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("order", self.order), f("lower_order_final", self.lower_order_final);
  }
  friend constexpr bool operator==(const Deis&, const Deis&) = default;
};
static_assert(Sampler<Deis>);

}  // namespace hush
