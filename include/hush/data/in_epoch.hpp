#pragma once
#include <cstdint>
#include <span>
#include <string>

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

/// What a set and those that it stands on (`pictures()`) say of all their items, by which a run knows its data; ""
/// where they say nothing. A set behind another type passes it on as its `fingerprint()`.
template <class Set>
std::string fingerprint_of(const Set& set) {
  std::string said;
  if constexpr (requires { set.fingerprint(); }) said = set.fingerprint();
  if constexpr (requires { set.pictures().size(); }) {
    const std::string below = fingerprint_of(set.pictures());
    said += (said.empty() || below.empty() ? "" : ", ") + below;
  }
  return said;
}

}  // namespace hush::data
