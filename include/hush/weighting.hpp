#pragma once
#include <concepts>

#include <hush/described.hpp>
#include <hush/level.hpp>
#include <hush/parameterization.hpp>

namespace hush {

/// A loss weighting: the factor, 0 or more, on the squared error of the network's output F at a level; `s` are the
/// parameterization's scalings there. Papers weigh the error of x0, of eps or of the score; `x0_error` and `eps_error`
/// turn those into errors of F. A sum, minimum or maximum of these two has a limit where signal or noise is 0; a
/// product with `signal_to_noise` has none.
template <class W>
concept Weighting = requires(const W& weighting, Level at, const Scalings& s) {
  { weighting(at, s) } -> std::convertible_to<double>;
};

/// Any weighting behind one type, one of `weightings/` or a lambda; empty: every level counts the same.
using AnyWeighting = Described<double(Level at, const Scalings& scalings)>;

/// The squared error of x0 for an error of 1 in F: out^2.
inline double x0_error(const Scalings& s) { return s.out * s.out; }

/// The squared error of eps for an error of 1 in F: x0_error times the signal-to-noise ratio. Where signal or noise is
/// 0, `s` must come from `scalings_of`.
inline double eps_error(Level at, const Scalings& s) {
  const double out = s.eps_out ? *s.eps_out : noise_scalings(s, at).out;
  return out * out;
}

/// The signal-to-noise ratio signal^2 / noise^2; infinite at the clean level.
inline double signal_to_noise(Level at) { return at.signal * at.signal / (at.noise * at.noise); }

}  // namespace hush
