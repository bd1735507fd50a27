#pragma once
#include <cmath>

#include <hush/draw.hpp>

namespace hush {

/// Another draw, spread over the batch: the first uniform number u of item i of n becomes (i + u) / n, so that each
/// n-th of all levels is drawn once a batch. `Stratified{DiscreteUniform{}}`.
/// Source: Kingma et al. 2021, "Variational diffusion models", appendix I.1, where all items share one u.
template <class D>
struct Stratified {
  D draw{};

  template <class S, UniformNumbers U>
  requires Draw<D, S>
  double operator()(const S& schedule, U& uniform) const {
    bool first = true;
    return draw(schedule, [&] {
      const double u = uniform();
      if (!first) return u;
      first = false;
      return std::fmin((uniform.place + u) / uniform.batch, 1 - 0x1p-53);  // a sum may round up to n
    });
  }
  friend constexpr bool operator==(const Stratified&, const Stratified&) = default;
};
template <class D>
Stratified(D) -> Stratified<D>;
static_assert(!Draw<Stratified<int>>);  // of a draw it is one: tests/draws

}  // namespace hush
