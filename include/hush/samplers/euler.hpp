#pragma once
#include <hush/sampler.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// Euler's method for the probability flow dy/dsigma = (y - x0) / sigma in y = x / signal, sigma = noise / signal:
/// first order, one network call a step. Without clipping it is DDIM with eta = 0; with it the noise that is kept
/// follows the clipped x0. Source: Karras et al. 2022, algorithm 1 without lines 6 to 8; k-diffusion, sample_euler.
struct Euler {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&) const {
    return detail::euler_step<X>(x, denoise(x, from).x0, from, to);
  }
  friend constexpr bool operator==(const Euler&, const Euler&) = default;
};
static_assert(Sampler<Euler>);

}  // namespace hush
