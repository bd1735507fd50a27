#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <hush/check.hpp>
#include <hush/communicator.hpp>

namespace hush {

/// Throws std::invalid_argument unless the number of ranks is a power of two, as the tree over them wants it. All ranks
/// say the same.
inline void check_ranks(const AnyCommunicator& ranks) {
  check(std::has_single_bit(unsigned(ranks.size())), "ranks", "the number of ranks must be a power of two, is ",
        ranks.size());
}

/// One value of all ranks' values, by recursive doubling: merge(lower, upper) of two neighbours, then of two pairs, and
/// so on, everywhere with the same bits. A small one: each step sends all of it.
template <class T, class Merge>
T all_reduce(const AnyCommunicator& ranks, T mine, const Merge& merge) {
  static_assert(std::is_trivially_copyable_v<T>);
  check_ranks(ranks);
  for (int distance = 1; distance < ranks.size(); distance *= 2) {
    T theirs = mine;
    ranks.exchange(ranks.rank() ^ distance, std::as_bytes(std::span(&mine, 1)),
                   std::as_writable_bytes(std::span(&theirs, 1)));
    mine = ranks.rank() & distance ? merge(theirs, mine) : merge(mine, theirs);
  }
  return mine;
}

/// Adds the arrays of all ranks, element by element, in one binary tree: neighbours first, ranks 0 and 1, 2 and 3, then
/// pairs of them. So the sum has the bits of one process that adds the same numbers in the same tree. By vector halving
/// and distance doubling (Thakur et al. 2005): of each array 2 (ranks - 1) / ranks is sent. `received` is scratch.
template <class T>
void sum_over_ranks(const AnyCommunicator& ranks, std::span<T> array, std::vector<T>& received) {
  check_ranks(ranks);
  received.resize(ranks.size() > 1 ? (array.size() + 1) / 2 : 0);
  std::vector<std::span<T>> wholes;  // what this rank worked on before each halving
  std::span<T> mine = array;
  for (int distance = 1; distance < ranks.size(); distance *= 2) {
    const bool upper = ranks.rank() & distance;
    const std::size_t half = mine.size() / 2;
    wholes.push_back(mine);
    const std::span<T> sent = upper ? mine.first(half) : mine.subspan(half);
    mine = upper ? mine.subspan(half) : mine.first(half);
    const std::span<T> theirs = std::span(received).first(mine.size());
    ranks.exchange(ranks.rank() ^ distance, std::as_bytes(sent), std::as_writable_bytes(theirs));
    for (std::size_t i = 0; i < mine.size(); ++i) mine[i] += theirs[i];
  }
  for (int distance = ranks.size() / 2; distance >= 1; distance /= 2) {
    const std::span<T> whole = wholes.back();
    const bool upper = ranks.rank() & distance;
    const std::size_t half = whole.size() / 2;
    const std::span<T> other = upper ? whole.first(half) : whole.subspan(half);
    ranks.exchange(ranks.rank() ^ distance, std::as_bytes(mine), std::as_writable_bytes(other));
    mine = whole;
    wholes.pop_back();
  }
}

}  // namespace hush
