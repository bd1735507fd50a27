#pragma once
#include <cmath>

#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/sampler.hpp>

namespace hush::detail {

// The probability flow as Karras et al. 2022 write it: in y = x / signal and sigma = noise / signal it is
// dy/dsigma = (y - D) / sigma, where D is the denoised image x0 (eq. 1 and 3 with s(t) = 1 and sigma(t) = t). Any level
// is a sigma, so that one formula serves VP, VE and flow matching.

/// The derivative dy/dsigma = (y - D) / sigma: the noise in x if x0 is the image.
template <class X>
X slope(const X& x, const X& x0, Level at) {
  return 1 / at.noise * (x - at.signal * x0);
}

/// y + (sigma_to - sigma) * slope, with x and the result as images of their levels. Wants from.signal > 0.
template <class X>
X along(const X& slope, const X& x, Level from, Level to) {
  return to.signal / from.signal * x + (to.noise - to.signal * sigma_of(from)) * slope;
}

/// Euler's step: `along` with the slope at `from`, in a form that holds at signal 0 too.
template <class X>
X euler_step(const X& x, const X& x0, Level from, Level to) {
  const double kept = to.noise / from.noise;
  return kept * x + (to.signal - kept * from.signal) * x0;
}

/// A step of the midpoint method, its middle at the geometric mean of the two sigmas; Euler's step if it starts at
/// signal 0 or ends at noise 0 (k-diffusion, sample_dpm_2).
template <class X>
X midpoint_step(auto&& denoise, const X& x, Level from, Level to, const Trajectory& trajectory) {
  const X x0 = denoise(x, from).x0;
  if (to.noise == 0 || from.signal == 0) return euler_step(x, x0, from, to);
  const Level middle = trajectory.at_sigma(std::sqrt(sigma_of(from) * sigma_of(to)));
  const X half = euler_step(x, x0, from, middle);
  return along(slope<X>(half, denoise(half, middle).x0, middle), x, from, to);
}

/// An ancestral step: deterministic to `down`, which has the signal of the target level, then `up` times fresh noise
/// (k-diffusion, get_ancestral_step: sigma_down and sigma_up times that signal).
struct AncestralStep {
  Level down;
  double up;
};

/// sigma_up is eta * sigma_to * sqrt(1 - (sigma_to / sigma)^2), but not more than sigma_to. Throws
/// std::invalid_argument, in the name of `where`, for a negative or infinite eta.
inline AncestralStep ancestral_step(Level from, Level to, double eta, const char* where) {
  check(eta >= 0 && std::isfinite(eta), where, "eta must be 0 or more and finite, got ", eta);
  const double ratio = to.noise * from.signal / (to.signal * from.noise);
  const double up = to.noise * std::fmin(1, eta * std::sqrt(std::fmax(1 - ratio * ratio, 0)));
  return {{to.time, to.signal, std::sqrt((to.noise - up) * (to.noise + up))}, up};
}

}  // namespace hush::detail
