#pragma once
#include <cstdint>
#include <span>

namespace hush::data {

/// `batch_of` as bytes, for sets that have `bytes(items)`; `epoch` is passed on if the set takes it.
template <class Set>
auto bytes_in(const Set& set, std::span<const std::int64_t> items, [[maybe_unused]] std::int64_t epoch) {
  if constexpr (requires { set.bytes(items, epoch); })
    return set.bytes(items, epoch);
  else
    return set.bytes(items);
}

/// A data set that knows the file of an item.
template <class Set>
concept NamesFiles = requires(const Set& set, std::int64_t item) {
  set.path(item);
};
/// A data set that prefetches the items of the next batch.
template <class Set>
concept ReadsAhead = requires(const Set& set, std::span<const std::int64_t> items) {
  set.prefetch(items);
};

}  // namespace hush::data
