#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <hush/collectives/all_reduce.hpp>
#include <hush/communicator.hpp>
#include <hush/errors.hpp>

namespace hush {

/// The text of one rank, on all.
inline std::string broadcast_text(const AnyCommunicator& ranks, int root, std::string text) {
  std::uint64_t size = text.size();
  ranks.broadcast(root, std::as_writable_bytes(std::span(&size, 1)));
  text.resize(size);
  ranks.broadcast(root, std::as_writable_bytes(std::span(text.data(), text.size())));
  return text;
}

namespace detail {

/// What a rank says when it has done its part: the lowest rank that failed (or one that there is not), and a wish.
struct Vote {
  int failed;
  int wish = 0;
};

/// All ranks' votes as one; throws RankFailure on all of them where one has failed, with its words.
inline Vote agreed(const AnyCommunicator& ranks, Vote mine, const std::string& words) {
  const Vote all = all_reduce(ranks, mine, [](const Vote& a, const Vote& b) {
    return Vote{std::min(a.failed, b.failed), a.wish | b.wish};
  });
  if (all.failed < ranks.size()) throw RankFailure(all.failed, ranks.size(), broadcast_text(ranks, all.failed, words));
  return all;
}

/// Why a part of the work failed, of the exception in hand.
inline std::string words_of_failure() {
  try {
    throw;
  } catch (const std::exception& error) { return error.what(); } catch (...) {
    return "an exception without words";
  }
}

}  // namespace detail

/// Runs f() on all ranks and gives what it gave on this one. Where it threw on any, all throw RankFailure, which names
/// the lowest such rank and its reason. A RankFailure within f is one that all share already. One process alone runs f
/// and nothing else, and its exceptions stay as they are.
template <class F>
auto on_all_ranks(const AnyCommunicator& ranks, F&& f) {
  if (ranks.size() == 1) return f();
  using Result = decltype(f());
  std::conditional_t<std::is_void_v<Result>, int, std::optional<Result>> made{};
  detail::Vote vote{ranks.size()};
  std::string words;
  try {
    if constexpr (std::is_void_v<Result>)
      f();
    else
      made.emplace(f());
  } catch (const RankFailure&) { throw; } catch (...) {
    vote.failed = ranks.rank();
    words = detail::words_of_failure();
  }
  detail::agreed(ranks, vote, words);
  if constexpr (!std::is_void_v<Result>) return Result(*std::move(made));
}

/// f() on rank 0, and when it is done on the others, which find what it left in files: a cache is built once.
template <class F>
auto on_rank_zero_first(const AnyCommunicator& ranks, F&& f) {
  if (ranks.size() == 1) return f();
  std::optional<decltype(f())> made;
  for (const bool zero : {true, false})
    on_all_ranks(ranks, [&] {
      if ((ranks.rank() == 0) == zero) made.emplace(f());
    });
  return *std::move(made);
}

/// Whether f() was true on any rank; it is run on all, and fails on all as in `on_all_ranks`.
template <class F>
bool on_any_rank(const AnyCommunicator& ranks, F&& f) {
  if (ranks.size() == 1) return f();
  detail::Vote vote{ranks.size()};
  std::string words;
  try {
    vote.wish = f();
  } catch (const RankFailure&) { throw; } catch (...) {
    vote.failed = ranks.rank();
    words = detail::words_of_failure();
  }
  return detail::agreed(ranks, vote, words).wish;
}

}  // namespace hush
