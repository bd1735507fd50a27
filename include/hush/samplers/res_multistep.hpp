#pragma once
#include <cmath>
#include <vector>

#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// RES multistep, "RES 2M": the refined exponential solver (Zhang, Song et al. 2023, "Improved order analysis and
/// design of exponential integrator for diffusion models sampling") with the line through two estimates
/// of x0 and the exact phi_1 and phi_2, one network call a step; with eta > 0 the step goes down to sigma_down and
/// fresh noise of sigma_up is added, sigma_down^2 + sigma_up^2 = sigma_to^2 (k-diffusion's ancestral step). The older
/// estimate lies as far back in lambda as the step that began there was long, down to its sigma_down. eta = 0 is
/// DpmSolverPp{.variant = DpmVariant::heun} without lower orders at the end. The first step has order 1; a step to
/// noise 0 gives x0. Throws std::invalid_argument for a negative or infinite eta.
struct ResMultistep {
  double eta = 0;

  template <class X>
  struct Memory {
    std::vector<X> past;  // x0 of the step before, if it can be used
    double length = 0;    // of that step, in lambda
  };

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, Memory<X>& memory) const {
    const detail::AncestralStep split = detail::ancestral_step(from, to, eta, "ResMultistep");
    const X x0 = denoise(x, from).x0;
    if (to.noise == 0) return to.signal * x0;
    const detail::ExponentialStep over = detail::DataPrediction::over(from, split.down);
    const X mean = split.down.noise == 0 ? to.signal * x0 : predicted(over, x, x0, memory);
    memory.past.clear();
    if (std::isfinite(over.h)) memory.past.push_back(x0);
    memory.length = over.h;
    if (split.up == 0) return mean;
    return mean + split.up * noise();
  }
  static constexpr void fields(auto& self, auto&& f) { f("eta", self.eta); }
  friend constexpr bool operator==(const ResMultistep&, const ResMultistep&) = default;

 private:
  /// x' = e^-h x + h (b_1 D + b_2 D_old), b_2 = phi_2(-h) / c_2, b_1 = phi_1(-h) - b_2, c_2 = -length / h.
  template <class X>
  static X predicted(const detail::ExponentialStep& over, const X& x, const X& x0, const Memory<X>& memory) {
    if (memory.past.empty()) return over.keep * x - over.size * std::expm1(-over.h) * x0;
    const std::vector<double> weights = detail::exponential_weights({0, -memory.length}, over.h, over.rate);
    return over.keep * x - over.size * weights[0] * x0 - over.size * weights[1] * memory.past[0];
  }
};
static_assert(Sampler<ResMultistep>);

}  // namespace hush
