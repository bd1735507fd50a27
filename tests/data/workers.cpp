#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <hush/data/workers.hpp>

#include "thrown.hpp"

using namespace hush;

TEST_CASE("workers: each piece is made once, by a worker that makes nothing else then") {
  for (const int count : {1, 2, 5}) {
    data::Workers workers(count);
    CHECK(workers.count() == count);
    std::vector<std::atomic<int>> made(1000), busy(static_cast<std::size_t>(count));
    std::atomic<bool> alone = true;
    for (int round = 0; round < 3; ++round)
      workers.run(1000, [&](std::int64_t piece, int worker) {
        if (busy.at(std::size_t(worker))++ != 0) alone = false;
        ++made[std::size_t(piece)];
        --busy[std::size_t(worker)];
      });
    CHECK(alone);
    for (const auto& times : made) CHECK(times == 3);
  }
}

TEST_CASE("workers: tasks wait for each other, and are finished in any order") {
  data::Workers workers(2);
  std::atomic<int> first = 0, second = 0;
  const auto slow = workers.begin(4, [&](std::int64_t, int) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++first;
  });
  const auto quick = workers.begin(4, [&](std::int64_t, int) { ++second; });
  const auto none = workers.begin(0, [&](std::int64_t, int) { ++second; });
  workers.finish(*none);
  workers.finish(*quick);
  CHECK(second == 4);
  workers.finish(*slow);
  CHECK(first == 4);
}

TEST_CASE("workers: of all that is thrown the first piece's is told, and later pieces are not begun") {
  data::Workers workers(3);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> begun = 0;
    CHECK(thrown::message([&] {
            workers.run(100000, [&](std::int64_t piece, int) {
              ++begun;
              if (piece >= 7) throw std::runtime_error(to_text("piece ", piece));
            });
          }) == "piece 7");
    CHECK(begun < 100000);
  }
  std::atomic<int> made = 0;
  workers.run(10, [&](std::int64_t, int) { ++made; });
  CHECK(made == 10);
}

TEST_CASE("workers: what is abandoned, and what is left when they go, is not begun") {
  std::atomic<int> made = 0;
  std::atomic<bool> go = false;
  {
    data::Workers workers(1);
    const auto gate = workers.begin(1, [&](std::int64_t, int) {
      while (!go) std::this_thread::yield();
    });
    const auto dropped = workers.begin(1000, [&](std::int64_t, int) { ++made; });
    data::Workers::abandon(*dropped);
    go = true;
    workers.finish(*gate);
    workers.begin(1'000'000'000, [&](std::int64_t, int) { std::this_thread::yield(); });
  }
  CHECK(made == 0);
}

TEST_CASE("workers: there must be some, and not too many") {
  CHECK_THROWS_WITH_AS(data::Workers(0), "[workers] there can be 1 to 256 threads, not 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::Workers(257), "[workers] there can be 1 to 256 threads, not 257", std::invalid_argument);
}
