#include <doctest/doctest.h>
#include <pthread.h>

#include <algorithm>
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

TEST_CASE("workers: 1 to 4096 threads as on the CPU, 0 is one a core, and what cannot be started is said") {
  CHECK(data::Workers(0).count() == std::max(1, int(std::thread::hardware_concurrency())));
  CHECK(data::Workers(300).count() == 300);
  for (const int wrong : {-1, 4097})
    CHECK_THROWS_WITH_AS(
        data::Workers{wrong},
        to_text("[Workers] threads is ", wrong, ": give 1 to 4096, or 0 for as many as the machine has").c_str(),
        std::invalid_argument);
  pthread_attr_t before, vast;  // threads whose stacks are larger than the address space
  REQUIRE(pthread_getattr_default_np(&before) == 0);
  REQUIRE(pthread_getattr_default_np(&vast) == 0);
  REQUIRE(pthread_attr_setstacksize(&vast, std::size_t(1) << 48) == 0);
  REQUIRE(pthread_setattr_default_np(&vast) == 0);
  CHECK_THROWS_WITH_AS(data::Workers(3), "[Workers] the system starts 0 of 3 threads: ask for fewer",
                       std::runtime_error);
  CHECK(pthread_setattr_default_np(&before) == 0);
}
