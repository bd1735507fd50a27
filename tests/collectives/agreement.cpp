#include <hush/collectives/agreement.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include <hush/communicators/single_process.hpp>

#include "../communicators/threads.hpp"

using namespace hush;

TEST_CASE("on_all_ranks: what one rank throws, all throw, with its number and its words") {
  for (const int bad : {0, 2, 3}) {
    const auto ended = ranks_of_threads::run(4, [&](const AnyCommunicator& here) {
      on_all_ranks(here, [] {});
      CHECK(on_all_ranks(here, [&] { return here.rank(); }) == here.rank());
      on_all_ranks(here, [&] {
        if (here.rank() >= bad) throw std::runtime_error("the disk of " + std::to_string(here.rank()) + " is full");
      });
      FAIL("all ranks should have thrown");
    });
    const std::string reason = "the disk of " + std::to_string(bad) + " is full";
    for (const std::string& words : ended.words) CHECK(words == "rank " + std::to_string(bad) + " of 4: " + reason);
  }
}

TEST_CASE("on_all_ranks: a failure that all know already is not told twice") {
  const auto ended = ranks_of_threads::run(2, [&](const AnyCommunicator& here) {
    on_all_ranks(here, [&] {
      on_all_ranks(here, [&] {
        if (here.rank() == 1) throw std::runtime_error("no");
      });
    });
  });
  for (const std::string& words : ended.words) CHECK(words == "rank 1 of 2: no");
}

TEST_CASE("on_all_ranks: one process keeps its own exceptions") {
  CHECK_THROWS_WITH_AS(on_all_ranks(SingleProcess{}, [] { throw std::domain_error("as it was"); }), "as it was",
                       std::domain_error);
  CHECK(on_any_rank(SingleProcess{}, [] { return true; }));
}

TEST_CASE("on_any_rank: the wish of one is the wish of all, and so is a failure") {
  for (const int one : {-1, 0, 3}) {
    const auto ended = ranks_of_threads::run(4, [&](const AnyCommunicator& here) {
      CHECK(on_any_rank(here, [&] { return here.rank() == one; }) == (one >= 0));
      on_any_rank(here, [&]() -> bool {
        if (here.rank() == one) throw std::runtime_error("no");
        return true;
      });
    });
    for (const std::string& words : ended.words)
      CHECK(words == (one < 0 ? "" : "rank " + std::to_string(one) + " of 4: no"));
  }
}

TEST_CASE("on_rank_zero_first: the others begin when it is done, and not at all when it fails") {
  for (const bool fails : {false, true}) {
    std::atomic<int> begun = 0;
    const auto ended = ranks_of_threads::run(4, [&](const AnyCommunicator& here) {
      const int before = on_rank_zero_first(here, [&] {
        const int seen = begun++;
        if (here.rank() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (fails) throw std::runtime_error("no cache");
        return seen;
      });
      CHECK((before == 0) == (here.rank() == 0));
    });
    CHECK(begun == (fails ? 1 : 4));
    for (const std::string& words : ended.words) CHECK(words == (fails ? "rank 0 of 4: no cache" : ""));
  }
  CHECK(on_rank_zero_first(SingleProcess{}, [] { return 3; }) == 3);
}

TEST_CASE("broadcast_text: the text of one rank, on all") {
  ranks_of_threads::run(4, [](const AnyCommunicator& here) {
    CHECK(broadcast_text(here, 2, std::string(std::size_t(here.rank()), 'x')) == "xx");
    CHECK(broadcast_text(here, 0, here.rank() ? "something" : "") == "");
  });
}
