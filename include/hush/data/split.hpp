#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/random/philox.hpp>

namespace hush::data {

/// Which items of a set validate: random ones, or the last ones.
enum class Held { random, last };

/// The validation items: a share of the set (0..1) or a number, and which. A random choice depends on the seed and on
/// each item's name only: a larger share contains a smaller one, and items added to the set change the role of few
/// others.
struct Validation {
  double share = 0;
  std::int64_t count = 0;
  Held held = Held::random;
  std::uint64_t seed = 0;
};

/// The training items and the validation items of a set, both in the order of the set.
struct SplitItems {
  std::vector<std::int64_t> training, validation;
};

/// Splits `size` items; `name(item)` is a 32-bit number that identifies the item whatever else is in the set. Throws
/// std::invalid_argument if more are to validate than there are, and for a share of which nothing is left.
template <class Name>
SplitItems split_items(std::int64_t size, const Validation& wanted, const Name& name) {
  check(wanted.share >= 0 && wanted.share <= 1, "split", "a share of ", wanted.share, " is not between 0 and 1");
  check(wanted.count >= 0 && (wanted.count == 0 || wanted.share == 0), "split", "wants a share or a count, got ",
        wanted.share, " and ", wanted.count);
  const auto count = wanted.count ? wanted.count : std::int64_t(std::llround(wanted.share * double(size)));
  check(wanted.share == 0 || count > 0 || size == 0, "split", "a share of ", wanted.share, " of ", size,
        " items rounds to none; give more, or a count");
  check(count <= size, "split", count, " pictures for validation are more than the ", size, " there are");
  std::vector<std::pair<std::uint64_t, std::int64_t>> order;
  for (std::int64_t item = 0; item < size; ++item) {
    const Words drawn = random_words({wanted.seed, std::uint32_t(name(item)), 0, purpose("split")}, 0);
    order.emplace_back(
        wanted.held == Held::last ? std::uint64_t(size - item) : std::uint64_t(drawn.x) << 32 | std::uint64_t(drawn.y),
        item);
  }
  std::ranges::sort(order);
  std::vector<bool> held(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < count; ++i) held[std::size_t(order[std::size_t(i)].second)] = true;
  SplitItems parts;
  for (std::int64_t item = 0; item < size; ++item)
    (held[std::size_t(item)] ? parts.validation : parts.training).push_back(item);
  return parts;
}

}  // namespace hush::data
