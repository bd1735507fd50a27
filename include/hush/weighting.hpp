#pragma once
#include <concepts>

#include <hush/level.hpp>
#include <hush/parameterization.hpp>

namespace hush {

/// What counts how much in training: the factor, 0 or more, on the squared error of the network's output F at a level.
/// Papers weigh the error of x0, of eps or of the score; `x0_error` and `eps_error` turn those into errors of F. `s`
/// are the scalings that the parameterization has at the level. Written as sums, least and largest ones of these two
/// errors a weighting has its limit where there is no signal or no noise; products with `signal_to_noise` have not.
template <class W>
concept Weighting = requires(const W& weighting, Level at, const Scalings& s) {
  { weighting(at, s) } -> std::convertible_to<double>;
};

/// The squared error of x0 that comes of an error of 1 in F: out^2.
inline double x0_error(const Scalings& s) { return s.out * s.out; }

/// The squared error of eps that comes of an error of 1 in F: x0's error times the signal-to-noise ratio. Without
/// signal or noise it wants the scalings that `scalings_of` gives.
inline double eps_error(Level at, const Scalings& s) {
  const double out = s.eps_out ? *s.eps_out : noise_scalings(s, at).out;
  return out * out;
}

/// The signal-to-noise ratio signal^2 / noise^2; infinite at the clean level.
inline double signal_to_noise(Level at) { return at.signal * at.signal / (at.noise * at.noise); }

}  // namespace hush
