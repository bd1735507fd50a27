#pragma once
#include <concepts>

#include <hush/level.hpp>

namespace hush {

/// What a denoiser answers: the clean image (clipped or thresholded if the options ask) and the noise as predicted.
template <class X>
struct Denoised {
  X x0, eps;
};

/// The past of a sampler that has none.
struct NoMemory {};

/// The past that sampler S keeps between steps: its own `template <class X> struct Memory`, or nothing.
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

/// One step of any sampler, whether it has a memory or not. `denoise(x, at)` gives Denoised<X>; `noise()` gives a fresh
/// X ~ N(0, 1) each time. X needs no more than double * X, X + X and X - X.
template <class S, class D, class X, class N>
X advance(const S& sampler, D&& denoise, const X& x, Level from, Level to, N&& noise, MemoryOf<S, X>& memory) {
  if constexpr (std::same_as<MemoryOf<S, X>, NoMemory>)
    return sampler.template step<X>(denoise, x, from, to, noise);
  else
    return sampler.template step<X>(denoise, x, from, to, noise, memory);
}

/// A step over an interval, from one level to a less noisy one, written as in the paper:
/// `template <class X> X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const`, with a last
/// argument `Memory<X>& memory` if the sampler declares `template <class X> struct Memory`. Checked with X = double.
template <class S>
concept Sampler = requires(const S& sampler, Denoised<double> (&denoise)(const double&, Level), const double& x,
                           Level at, double (&noise)()) {
  { sampler.template step<double>(denoise, x, at, at, noise) } -> std::same_as<double>;
}
|| requires(const S& sampler, Denoised<double> (&denoise)(const double&, Level), const double& x, Level at,
            double (&noise)(), typename S::template Memory<double>& memory) {
  { sampler.template step<double>(denoise, x, at, at, noise, memory) } -> std::same_as<double>;
};

/// Whether a step is a linear combination of what it is given, so that a Plan can hold it: yes, unless the sampler says
/// `static constexpr bool linear = false;`.
template <class S>
constexpr bool is_linear = true;
template <class S>
requires requires { S::linear; }
constexpr bool is_linear<S> = S::linear;

}  // namespace hush
