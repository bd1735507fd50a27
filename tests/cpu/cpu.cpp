#include <doctest/doctest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include <hush/cpu/cpu.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/memory.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/threads.hpp>
#include <hush/tensor/tensor.hpp>

using namespace hush;

TEST_CASE("threads: every task runs once, for any number of threads and tasks") {
  for (const int threads : {1, 2, 3, 8})
    for (const std::int64_t tasks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(std::size_t(tasks) + 1);
      parallel(Cpu<float>{.threads = threads}, tasks, [&](std::int64_t i) { ++runs[std::size_t(i)]; });
      for (std::int64_t i = 0; i < tasks; ++i) CHECK(runs[std::size_t(i)] == 1);
    }
}

TEST_CASE("threads: who has done his own tasks does those of the others") {
  // Whoever has the first task waits in it until all others are done, those behind it in his range too.
  std::atomic<int> done = 0;
  parallel(Cpu<float>{.threads = 2}, 10, [&](std::int64_t i) {
    const auto begin = std::chrono::steady_clock::now();
    while (i == 0 && done < 9 && std::chrono::steady_clock::now() - begin < std::chrono::seconds(30))
      std::this_thread::yield();
    if (i != 0) ++done;
  });
  CHECK(done == 9);
}

TEST_CASE("threads: more threads than ranges") {
  std::vector<std::atomic<int>> runs(500);
  parallel(Cpu<float>{.threads = 40}, 500, [&](std::int64_t i) { ++runs[std::size_t(i)]; });
  for (const auto& ran : runs) REQUIRE(ran == 1);
}

TEST_CASE("threads: a number that no machine has is refused in words, before a task runs") {
  for (const int wrong : {-1, 4097, 1'000'000'000, std::numeric_limits<int>::min()}) {
    bool ran = false;
    CHECK_THROWS_WITH_AS(
        parallel(Cpu<float>{.threads = wrong}, 3, [&](std::int64_t) { ran = true; }),
        to_text("[Cpu] .threads is ", wrong, ": give 1 to 4096, or 0 for as many as the machine has").c_str(),
        std::invalid_argument);
    CHECK(!ran);
  }
  std::atomic<int> runs = 0;
  parallel(Cpu<float>{.threads = 4096}, 3, [&](std::int64_t) { ++runs; });  // two helpers: it has three tasks
  CHECK(runs == 3);
}

TEST_CASE("threads: where the system starts fewer, how many it starts is said, and fewer work") {
  pthread_attr_t before, vast;  // threads whose stacks are larger than the address space
  REQUIRE(pthread_getattr_default_np(&before) == 0);
  REQUIRE(pthread_getattr_default_np(&vast) == 0);
  REQUIRE(pthread_attr_setstacksize(&vast, std::size_t(1) << 48) == 0);
  ThreadPool pool;
  std::atomic<int> runs = 0;
  const auto task = [&](std::int64_t) { ++runs; };
  pool.run(2, 9, task);
  REQUIRE(pthread_setattr_default_np(&vast) == 0);
  CHECK_THROWS_WITH_AS(pool.run(5, 9, task), "[Cpu] the system starts 2 of 5 threads: give fewer .threads",
                       std::runtime_error);
  CHECK(pthread_setattr_default_np(&before) == 0);
  CHECK(runs == 9);
  pool.run(2, 9, task);
  pool.run(5, 9, task);
  CHECK(runs == 27);
}

TEST_CASE("threads: a task may start tasks of its own, and many threads may use the pool at once") {
  std::atomic<int> sum = 0;
  parallel(Cpu<float>{.threads = 3}, 4,
           [&](std::int64_t) { parallel(Cpu<float>{.threads = 3}, 5, [&](std::int64_t) { ++sum; }); });
  CHECK(sum == 20);
  sum = 0;
  std::vector<std::jthread> users;
  for (int i = 0; i < 4; ++i)
    users.emplace_back([&] {
      for (int round = 0; round < 200; ++round) parallel(Cpu<float>{.threads = 2}, 3, [&](std::int64_t) { ++sum; });
    });
  users.clear();
  CHECK(sum == 4 * 200 * 3);
}

TEST_CASE("threads: an exception of a task reaches the caller, and the pool works on") {
  const Cpu<float> cpu{.threads = 3};
  for (int round = 0; round < 50; ++round)
    CHECK_THROWS_WITH_AS(parallel(cpu, 20,
                                  [](std::int64_t i) {
                                    if (i == 7) throw std::runtime_error("seven");
                                  }),
                         "seven", std::runtime_error);
  std::atomic<int> sum = 0;
  parallel(cpu, 20, [&](std::int64_t) { ++sum; });
  CHECK(sum == 20);
}

TEST_CASE("memory: blocks are aligned, return to the allocator, and serve the next tensor") {
  using B = Cpu<float>;
  CpuMemory& memory = CpuMemory::shared();
  const auto before = memory.use();
  {
    const Tensor<B> x(B{}, {1000});
    CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
    CHECK(memory.use().in_use >= before.in_use + 4000);
  }
  CHECK(memory.use().in_use == before.in_use);
  { const Tensor<B> x(B{}, {1000}); }
  const auto warm = memory.use();
  for (int i = 0; i < 10; ++i) const Tensor<B> x(B{}, {1000 + i});  // nearly equal sizes share blocks
  CHECK(memory.use().system_calls <= warm.system_calls + 1);
  { const Tensor<B> large(B{}, {1 << 24}); }
  const std::size_t held = memory.use().held;
  memory.trim();
  CHECK(memory.use().held + (std::size_t(4) << 24) <= held);
  {
    reset_memory_peak(B{});
    const std::size_t in_use = memory_use(B{}).in_use;
    { const Tensor<B> x(B{}, {1000}); }
    CHECK(memory_use(B{}).peak == in_use + 4032);  // whole lines of 64 bytes
  }
}

TEST_CASE("memory: what cannot be had is an exception in words, and the allocator works on") {
  using B = Cpu<float>;
  CpuMemory& memory = CpuMemory::shared();
  for (std::int64_t n = 0; n < 3; ++n) {
    const auto before = memory.use().in_use;
    memory.fail_at(n);
    bool failed = false;
    try {
      std::vector<Tensor<B>> some;
      for (int i = 0; i < 4; ++i) some.emplace_back(B{}, Shape{100});
    } catch (const OutOfMemory& error) {
      failed = true;
      CHECK(std::string(error.what()).find("wanted") != std::string::npos);
    }
    memory.fail_at(-1);
    CHECK(failed);
    CHECK(memory.use().in_use == before);
  }
  CHECK_THROWS_AS(Tensor<B>(B{}, {std::int64_t(1) << 60}), OutOfMemory);
  CHECK_NOTHROW(Tensor<B>(B{}, {100}));
}

TEST_CASE("cpu: kernels for noise do not depend on threads") {
  std::vector<std::uint32_t> images{3, 1, 2};
  std::vector<float> one(3 * 40000), two(one.size());
  normals(Cpu<float>{.threads = 1}, images, 40000, Stream{.seed = 1}, one.data());
  normals(Cpu<float>{.threads = 3}, images, 40000, Stream{.seed = 1}, two.data());
  CHECK(one == two);
}
