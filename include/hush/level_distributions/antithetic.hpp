#pragma once
#include <cstdint>
#include <type_traits>

#include <hush/level_distribution.hpp>

namespace hush {

namespace detail {

/// The uniform numbers of an item's partner, mirrored, at the position that the partner has in the reversed batch.
template <UniformNumbers U>
struct Mirrored {
  U partner;
  std::uint32_t place, batch;

  double operator()() { return (1 - 0x1p-53) - partner(); }
  U before() const { return partner; }
};

}  // namespace detail

/// Antithetic pairs of another distribution: every second item of a batch takes the uniform numbers of the one before
/// it mirrored, u -> 1-u (less 2^-53, so that [0, 1) maps onto itself); the times of a pair of `DiscreteUniform` add up
/// to T-1. The last item of an odd batch has no partner. Combines with `Stratified`, either way round.
/// `Antithetic{DiscreteUniform{}}`. Source: the code of Song et al. 2021 (DDIM).
template <class D>
struct Antithetic {
  D draw{};

  template <class S, UniformNumbers U>
  requires LevelDistribution<D, S>
  double operator()(const S& schedule, U& uniform) const {
    if (uniform.place % 2 == 0) return draw(schedule, uniform);
    const auto partner = uniform.before();
    detail::Mirrored<std::remove_const_t<decltype(partner)>> mirrored{partner, uniform.batch - 1 - partner.place,
                                                                      uniform.batch};
    return draw(schedule, mirrored);
  }
  static constexpr void fields(auto& self, auto&& f) { f("draw", self.draw); }
  friend constexpr bool operator==(const Antithetic&, const Antithetic&) = default;
};
template <class D>
Antithetic(D) -> Antithetic<D>;
static_assert(!LevelDistribution<Antithetic<int>>);  // of a level distribution it is one: tests/level_distributions

}  // namespace hush
