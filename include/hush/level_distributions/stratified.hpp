#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <hush/level_distribution.hpp>

namespace hush {

namespace detail {

/// An item's uniform numbers, the first of them moved into the item's stratum of [0, 1).
template <class U>
struct Spread {
  U numbers;
  std::uint32_t place, batch;
  bool first = true;

  double operator()() {
    const double u = numbers();
    if (!first) return u;
    first = false;
    return std::fmin((place + u) / batch, 1 - 0x1p-53);  // a sum may round up to n
  }
  auto before() const {
    const auto item = numbers.before();
    return Spread<std::remove_const_t<decltype(item)>>{item, item.place, batch};
  }
};

}  // namespace detail

/// Stratified sampling of another distribution: the first uniform number u of item i of n becomes (i + u) / n, so that
/// a batch has one item in each n-th of the levels. `Stratified{DiscreteUniform{}}`.
/// Source: Kingma et al. 2021, "Variational diffusion models", appendix I.1, where all items share one u.
template <class D>
struct Stratified {
  D draw{};

  template <class S, UniformNumbers U>
  requires LevelDistribution<D, S>
  double operator()(const S& schedule, U& uniform) const {
    detail::Spread<U&> spread{uniform, uniform.place, uniform.batch};
    return draw(schedule, spread);
  }
  static constexpr void fields(auto& self, auto&& f) { f("draw", self.draw); }
  friend constexpr bool operator==(const Stratified&, const Stratified&) = default;
};
template <class D>
Stratified(D) -> Stratified<D>;
static_assert(!LevelDistribution<Stratified<int>>);  // of a level distribution it is one: tests/level_distributions

}  // namespace hush
