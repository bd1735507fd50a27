#pragma once
#include <cstdint>
#include <span>

namespace hush::data {

/// The pictures of some items as bytes, of a set that has them; in an epoch, as batch_of.
template <class Set>
auto bytes_in(const Set& set, std::span<const std::int64_t> items, [[maybe_unused]] std::int64_t epoch) {
  if constexpr (requires { set.bytes(items, epoch); })
    return set.bytes(items, epoch);
  else
    return set.bytes(items);
}

/// A set that can name the file of an item.
template <class Set>
concept NamesFiles = requires(const Set& set, std::int64_t item) {
  set.path(item);
};
/// A set that wants to know which items will be asked for.
template <class Set>
concept ReadsAhead = requires(const Set& set, std::span<const std::int64_t> items) {
  set.prefetch(items);
};

}  // namespace hush::data
