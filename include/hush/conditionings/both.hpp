#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>

#include <hush/conditioning.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/reshape.hpp>

namespace hush {

/// Two conditionings of one process, say a mask and labels. Their ports add up: `labels`, `constants` and `tokens`
/// [N, S, D] are those of the first, then those of the second (tokens of one width D); the images of the part that
/// comes second stand in front. A part that knows pixels comes first, whichever it is. The null condition is that of
/// the parts that have one: guidance by labels keeps the mask. Given is a struct of both; what does not fit is refused
/// by the part's name.
template <class First, class Second>
struct Both {
  First first{};
  Second second{};

  struct Given {
    typename First::Given first;
    typename Second::Given second;
  };
  template <Backend B>
  struct BatchCondition {
    typename First::template BatchCondition<B> first;
    typename Second::template BatchCondition<B> second;
    static constexpr void visit(auto& self, auto&& f) { f("first", self.first), f("second", self.second); }
  };
  static constexpr bool noisy = detail::puts_back_noisy<First> || detail::puts_back_noisy<Second>;

  /// Throws std::invalid_argument where both give tokens, of two widths.
  template <class Seen = AsTheyAre>
  Ports ports(const Seen& seen = {}) const {
    const Ports a = detail::ports_seen(first, seen), b = detail::ports_seen(second, seen);
    check(a.tokens == 0 || b.tokens == 0 || a.token_dim == b.token_dim, "Both", "tokens of widths ", a.token_dim,
          " and ", b.token_dim, " do not stand in one sequence");
    return {a.extra_channels + b.extra_channels, a.label_dim + b.label_dim, a.tokens + b.tokens,
            std::max(a.token_dim, b.token_dim), a.constant_channels + b.constant_channels};
  }
  void fits(const Given& given, std::int64_t count, const ImageSize& size) const {
    first.fits(given.first, count, size);
    second.fits(given.second, count, size);
  }
  template <Backend B, class Seen = AsTheyAre>
  BatchCondition<B> prepare(const B& on, const Given& given, const Rows& rows, const NoiseKey& key,
                            const Seen& seen = {}) const {
    return {detail::prepare_seen(first, on, given.first, rows, key, seen),
            detail::prepare_seen(second, on, given.second, rows, key, seen)};
  }
  template <Backend B>
  void add_to(const BatchCondition<B>& condition, Input<Tensor<B>>& input) const {
    static_assert(!KnowsPixels<First, B> || !KnowsPixels<Second, B>, "Both: only one part may know pixels");
    Parts<Tensor<B>> parts{{input.image, input.noise_labels}, {input.image, input.noise_labels}};
    if constexpr (KnowsPixels<Second, B>) {
      second.add_to(condition.second, parts.second);
      parts.first.image = parts.second.image;
      first.add_to(condition.first, parts.first);
      input.image = parts.first.image;
    } else {
      first.add_to(condition.first, parts.first);
      parts.second.image = parts.first.image;
      second.add_to(condition.second, parts.second);
      input.image = parts.second.image;
    }
    join(parts, input);
  }
  /// The null condition of the parts that have one; the others stay.
  template <Value V>
  void set_null(Input<V>& input) const requires(detail::SetsNull<First, V> || detail::SetsNull<Second, V>) {
    Parts<V> parts = split(input);
    if constexpr (detail::SetsNull<First, V>) first.set_null(parts.first);
    if constexpr (detail::SetsNull<Second, V>) second.set_null(parts.second);
    join(parts, input);
  }
  template <Backend B>
  requires(KnowsPixels<First, B> || KnowsPixels<Second, B>) decltype(auto)
      known(const BatchCondition<B>& condition) const {
    if constexpr (KnowsPixels<First, B>)
      return first.known(condition.first);
    else
      return second.known(condition.second);
  }
  static constexpr void fields(auto& self, auto&& f) { f("first", self.first), f("second", self.second); }
  friend constexpr bool operator==(const Both&, const Both&) = default;

 private:
  template <Value V>
  struct Parts {
    Input<V> first, second;
  };

  /// Labels, tokens, their mask and constants: the first part's, then the second's.
  template <Value V>
  static void join(const Parts<V>& parts, Input<V>& input) {
    const auto &a = parts.first, &b = parts.second;
    input.labels = beside(a.labels, b.labels);
    input.token_mask = beside(a.token_mask, b.token_mask);
    input.constants = beside(a.constants, b.constants);
    input.tokens = a.tokens ? a.tokens : b.tokens;
    if (!a.tokens || !b.tokens) return;
    const Shape &s = a.tokens->shape(), &t = b.tokens->shape();
    input.tokens = reshape(concat(flat(*a.tokens), flat(*b.tokens)), {s[0], s[1] + t[1], s[2]});
  }
  /// What `join` made one, taken apart, without history: a condition has none.
  template <Value V>
  Parts<V> split(const Input<V>& input) const {
    Parts<V> parts{input, input};
    const Ports a = first.ports(), b = second.ports();
    const auto take = [&](const std::optional<V>& whole, std::int64_t skipped, std::int64_t width) {
      std::optional<V> part;
      if (width > 0 && whole) {
        const auto& x = value_of(*whole);
        part = constant_like(*whole, ops::Concat::columns(x, {x.shape()[0], width}, skipped));
      }
      return part;
    };
    parts.first.labels = take(input.labels, 0, a.label_dim);
    parts.second.labels = take(input.labels, a.label_dim, b.label_dim);
    parts.first.token_mask = take(input.token_mask, 0, a.tokens);
    parts.second.token_mask = take(input.token_mask, a.tokens, b.tokens);
    parts.first.constants = take(input.constants, 0, a.constant_channels);
    parts.second.constants = take(input.constants, a.constant_channels, b.constant_channels);
    if (!input.tokens || a.tokens == 0 || b.tokens == 0) {
      (a.tokens == 0 ? parts.first : parts.second).tokens.reset();
      return parts;
    }
    const std::int64_t n = input.tokens->shape()[0], width = a.token_dim;
    const std::optional<V> rows = flat(*input.tokens);
    parts.first.tokens = reshape(*take(rows, 0, a.tokens * width), {n, a.tokens, width});
    parts.second.tokens = reshape(*take(rows, a.tokens * width, b.tokens * width), {n, b.tokens, width});
    return parts;
  }
  /// [N, S, D] as [N, S * D].
  template <Value V>
  static V flat(const V& tokens) {
    const Shape& s = tokens.shape();
    return reshape(tokens, {s[0], s[1] * s[2]});
  }
  template <Value V>
  static std::optional<V> beside(const std::optional<V>& a, const std::optional<V>& b) {
    if (a && b) return concat(*a, *b);
    return a ? a : b;
  }
};
template <class First, class Second>
Both(First, Second) -> Both<First, Second>;

}  // namespace hush
