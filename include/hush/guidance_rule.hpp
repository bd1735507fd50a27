#pragma once
#include <array>
#include <concepts>
#include <cstdint>

#include <hush/autograd/value.hpp>
#include <hush/level.hpp>
#include <hush/ops/arithmetic.hpp>

namespace hush {

/// What a guided network answers at a noise level: the two answers combined, that with the condition alone (the other
/// call is spared), or zeros.
enum class Guiding : std::uint8_t { combined, condition_only, zeros };
constexpr std::array<const char*, 3> names_of(Guiding) { return {"combined", "condition_only", "zeros"}; }

/// How guidance combines two answers of networks [N, H, W, C]: that with the condition and that without (or that of a
/// weaker network), where the scale is 1 for the former itself and above 1 leads away from the latter. A rule may say
/// what is answered at a level, `Guiding at(Level) const`; else the answers are combined at all.
template <class R, class V>
concept GuidanceRule = Value<V> && requires(const R& rule, const V& answer, double scale) {
  { rule(answer, answer, scale) } -> std::same_as<V>;
};

/// without + scale * (with - without). Source: Ho and Salimans 2022, eq. 6, with scale = 1 + w.
struct ClassifierFree {
  template <Value V>
  V operator()(const V& with, const V& without, double scale) const {
    return without + scale * (with - without);
  }
  static constexpr void fields(auto&, auto&&) {}
  friend constexpr bool operator==(const ClassifierFree&, const ClassifierFree&) = default;
};

namespace detail {

template <class R>
Guiding guiding_at(const R& rule, const Level& level) {
  if constexpr (requires { rule.at(level); })
    return rule.at(level);
  else
    return Guiding::combined;
}

}  // namespace detail
}  // namespace hush
