#pragma once
#include <concepts>
#include <cstddef>
#include <functional>
#include <vector>

#include <hush/check.hpp>
#include <hush/level.hpp>

namespace hush {

/// A denoiser's estimates: the clean image x0 (clipped or thresholded if the options say so) and the predicted noise
/// eps.
template <class X>
struct Denoised {
  X x0, eps;
};

/// The same of a network that learned a variance: where the logarithm of a step's lies in its range, 0 to 1.
template <class X>
struct DenoisedWithVariance {
  X x0, eps, variance_fraction;
};

/// Whether a sampler's denoiser must answer DenoisedWithVariance: if it has `static constexpr bool wants_variance =
/// true;`.
template <class S>
constexpr bool wants_variance = false;
template <class S>
requires requires { S::wants_variance; }
constexpr bool wants_variance<S> = S::wants_variance;

/// The memory of a sampler that keeps nothing between steps.
struct NoMemory {};

/// What sampler S keeps between steps: its own `template <class X> struct Memory`, or NoMemory.
template <class S, class X>
struct MemoryChoice {
  using type = NoMemory;
};
template <class S, class X>
requires requires { typename S::template Memory<X>; }
struct MemoryChoice<S, X> {
  using type = typename S::template Memory<X>;
};
template <class S, class X>
using MemoryOf = typename MemoryChoice<S, X>::type;

/// The levels of a run in the order in which sampling visits them, and the current step, which goes from levels[step]
/// to levels[step + 1]. `at_time` and `time_of` come from the schedule.
struct Trajectory {
  std::vector<Level> levels;
  int step = 0;
  std::function<Level(double time)> at_time = nullptr;    // the level at a time
  std::function<double(double sigma)> time_of = nullptr;  // the time at which noise / signal is sigma

  int steps() const { return int(levels.size()) - 1; }
  const Level& from() const { return levels[std::size_t(step)]; }
  const Level& to() const { return levels[std::size_t(step) + 1]; }
  bool is_last() const { return step + 1 == steps(); }
  /// The level of the schedule where noise / signal is `sigma`, for steps that evaluate between two levels of the run.
  /// Throws std::invalid_argument unless `at_time` and `time_of` are set.
  Level at_sigma(double sigma) const {
    check(at_time && time_of, "sampler",
          "wants levels between those of the run, and this trajectory knows no schedule");
    return at_time(time_of(sigma));
  }
};

/// The levels in the order in which a sampler visits them: `down`, the grid's levels and then the clean one, unless the
/// sampler has `std::vector<Level> route(const std::vector<Level>& down) const` (RePaint's jumps, Langevin's
/// repetitions, an inversion).
template <class S>
std::vector<Level> route_of(const S& sampler, const std::vector<Level>& down) {
  if constexpr (requires { sampler.route(down); })
    return sampler.route(down);
  else
    return down;
}

/// Whether a sampler's step takes the further arguments `More`.
template <class S, class... More>
concept StepsWith = requires(const S& sampler, Denoised<double> (&denoise)(const double&, Level), const double& x,
                             Level at, double (&noise)(), More&... more) {
  { sampler.template step<double>(denoise, x, at, at, noise, more...) } -> std::same_as<double>;
};

/// A step over an interval, from one level to another, usually less noisy one, written as in the paper:
/// `template <class X> X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const`, with a further
/// argument `Memory<X>& memory` if the sampler declares `template <class X> struct Memory`, and a last one `const
/// Trajectory& trajectory` if it needs the whole run. Checked with X = double.
template <class S>
concept Sampler = StepsWith<S> || StepsWith<S, Trajectory> || StepsWith<S, MemoryOf<S, double>> ||
    StepsWith<S, MemoryOf<S, double>, Trajectory>;

/// One step of any sampler. `denoise(x, at)` gives Denoised<X>; `noise()` gives a fresh X ~ N(0, 1) each time. X needs
/// no more than double * X, X + X and X - X.
template <class S, class D, class X, class N>
X advance(const S& sampler, D&& denoise, const X& x, const Trajectory& trajectory, N&& noise, MemoryOf<S, X>& memory) {
  const Level from = trajectory.from(), to = trajectory.to();
  if constexpr (StepsWith<S>)
    return sampler.template step<X>(denoise, x, from, to, noise);
  else if constexpr (StepsWith<S, Trajectory>)
    return sampler.template step<X>(denoise, x, from, to, noise, trajectory);
  else if constexpr (StepsWith<S, MemoryOf<S, double>>)
    return sampler.template step<X>(denoise, x, from, to, noise, memory);
  else
    return sampler.template step<X>(denoise, x, from, to, noise, memory, trajectory);
}

/// Whether a step is a linear combination of x, the denoiser's estimates and fresh noise, so that a Plan can hold it:
/// true, unless the sampler has `static constexpr bool linear = false;`.
template <class S>
constexpr bool is_linear = true;
template <class S>
requires requires { S::linear; }
constexpr bool is_linear<S> = S::linear;

}  // namespace hush
