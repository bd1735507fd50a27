#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hush/tensor/caching_memory.hpp>
#include <hush/tensor/memory_pool.hpp>

using namespace hush;

namespace {

/// A system that counts what it gave and checks what comes back.
struct System {
  std::map<std::byte*, std::size_t> blocks;
  std::size_t free = 1 << 20;
  int wrong = 0;
};
struct Counted {
  std::shared_ptr<System> system = std::make_shared<System>();
  std::byte* take(std::size_t bytes) const {
    if (bytes > system->free) return nullptr;
    auto* block = new std::byte[bytes];
    system->blocks[block] = bytes;
    system->free -= bytes;
    return block;
  }
  void give(std::byte* block, std::size_t bytes) const noexcept {
    const auto found = system->blocks.find(block);
    if (found == system->blocks.end() || found->second != bytes) {
      ++system->wrong;
      return;
    }
    system->free += bytes;
    system->blocks.erase(found);
    delete[] block;
  }
  std::string words() const { return hush::to_text("; the system has ", system->free); }
};
using Memory = CachingMemory<Counted>;
using Block = std::shared_ptr<std::byte[]>;

struct Fixture {
  Counted source;
  std::shared_ptr<System> system = source.system;
  std::unique_ptr<Memory> memory = std::make_unique<Memory>(source);
  ~Fixture() {
    memory.reset();
    CHECK(system->blocks.empty());
    CHECK(system->wrong == 0);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "caching memory: a freed block serves the next tensor, and what that leaves the one after") {
  Block a = memory->allocate(1000);
  std::byte* const place = a.get();
  a.reset();
  CHECK(memory->use().in_use == 0);
  CHECK(memory->use().held == system->blocks.at(place));
  Block small = memory->allocate(500), rest = memory->allocate(512);
  CHECK(small.get() == place);
  CHECK(rest.get() == place + 512);
  CHECK(memory->use().in_use == 1024);
  CHECK(memory->use().system_calls == 1);
  small.reset();
  rest.reset();
  CHECK(memory->allocate(1000).get() == place);  // the two are one again, whichever came back first
  small = memory->allocate(500);
  rest = memory->allocate(512);
  rest.reset();
  small.reset();
  CHECK(memory->allocate(1024).get() == place);
  CHECK(memory->use().system_calls == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "caching memory: a block between others joins both, and the smallest that is enough is cut") {
  std::vector<Block> blocks{memory->allocate(5 * 64)};
  std::byte* const place = blocks[0].get();
  blocks[0].reset();
  for (int i = 0; i < 5; ++i) blocks.push_back(memory->allocate(64));
  CHECK(blocks.back().get() == place + 4 * 64);
  blocks[2].reset();  // blocks[k] begins at 64 (k - 1)
  blocks[4].reset();
  blocks[5].reset();
  CHECK(memory->allocate(64).get() == place + 64);  // not of the two that lie together
  blocks[3].reset();
  CHECK(memory->allocate(4 * 64).get() == place + 64);
  CHECK(memory->use().system_calls == 1);
  memory->trim();
  CHECK(system->blocks.size() == 1);  // blocks[1] is in it
}

TEST_CASE_FIXTURE(Fixture, "caching memory: blocks are as large as was asked, to a multiple of 64 bytes") {
  for (const auto& [bytes, size] : {std::pair{0, 64}, {1, 64}, {64, 64}, {65, 128}, {1025, 1088}, {65537, 65600}}) {
    const Block block = memory->allocate(std::size_t(bytes));
    CHECK(memory->use().in_use == std::size_t(size));
    std::memset(block.get(), 1, std::size_t(bytes));
  }
}

namespace {

/// A system that gives room for two blocks at a time, and has a grain of its own.
struct Generous : Counted {
  static constexpr std::size_t grain = 512;
  static constexpr std::size_t segment(std::size_t bytes, std::size_t held) { return 2 * bytes + held; }
};

}  // namespace

TEST_CASE("caching memory: a source says how much is asked of it, unless it has not so much") {
  Generous source;
  source.system->free = 4000;
  CachingMemory<Generous> memory(source);
  Block a = memory.allocate(100), b = memory.allocate(100);
  CHECK(b.get() == a.get() + 512);
  CHECK(memory.use().held == 1024);
  const Block c = memory.allocate(2000);  // 2 * 2048 + 1024 are more than the system has
  CHECK(memory.use().held == 1024 + 2048);
  memory.reset_peak();
  a.reset();
  b.reset();
  CHECK(memory.use().peak == 1024 + 2048);
  memory.reset_peak();
  CHECK(memory.use().peak == 2048);
}

TEST_CASE_FIXTURE(Fixture, "caching memory: kept or not, what is in use, held and was used most is told") {
  Block a = memory->allocate(1024), b = memory->allocate(2048);
  CHECK(memory->use().in_use == 3072);
  a.reset();
  CHECK(memory->use().in_use == 2048);
  CHECK(memory->use().held == 3072);
  CHECK(memory->use().peak == 3072);
  memory->trim();
  CHECK(memory->use().held == 2048);
  CHECK(system->blocks.size() == 1);
  const Block shared = b;
  b.reset();
  CHECK(memory->use().in_use == 2048);  // somebody still holds it
}

TEST_CASE_FIXTURE(Fixture, "caching memory: when blocks are not kept, each is of its exact size and goes at once") {
  { const Block kept = memory->allocate(100); }
  memory->keep_blocks(false);
  CHECK(system->blocks.empty());
  for (const std::size_t bytes : {1, 100, 777, 4097}) {
    const Block block = memory->allocate(bytes);
    CHECK(system->blocks.at(block.get()) == bytes);
  }
  CHECK(memory->use().held == 0);
  memory->keep_blocks(true);
  { const Block kept = memory->allocate(100); }
  CHECK(memory->use().held > 0);
}

TEST_CASE_FIXTURE(Fixture, "caching memory: what is kept makes room before memory is said to be exhausted") {
  system->free = 10000;
  { const Block a = memory->allocate(6144), b = memory->allocate(2048); }
  const Block large = memory->allocate(8192);
  CHECK(system->blocks.size() == 1);
  CHECK_THROWS_WITH_AS(memory->allocate(4096),
                       "[memory] wanted 4096 bytes; 8192 are in use by tensors, 8192 are held in all; the system has "
                       "1808. Try a smaller batch.",
                       OutOfMemory);
  CHECK(memory->use().in_use == 8192);
  CHECK_NOTHROW(memory->allocate(1024));
}

TEST_CASE_FIXTURE(Fixture, "caching memory: sizes that no machine has are refused without asking the system") {
  for (const std::size_t bytes : {(std::size_t(1) << 40) + 1, std::size_t(1) << 63, std::size_t(-1)})
    CHECK_THROWS_AS(memory->allocate(bytes), OutOfMemory);
  CHECK(memory->use().held == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "caching memory: told to fail at the n-th allocation it fails from there on, until told otherwise") {
  for (std::int64_t n = 0; n < 3; ++n) {
    memory->fail_at(n);
    std::vector<Block> some;
    for (std::int64_t i = 0; i < n; ++i) some.push_back(memory->allocate(100));
    CHECK_THROWS_AS(memory->allocate(100), OutOfMemory);
    CHECK_THROWS_AS(memory->allocate(100), OutOfMemory);
    memory->fail_at(-1);
    CHECK_NOTHROW(memory->allocate(100));
  }
  CHECK(memory->use().in_use == 0);
}

TEST_CASE_FIXTURE(Fixture, "caching memory: pools stay apart while they are held") {
  Block outside = memory->allocate(256);
  std::byte* const outside_place = outside.get();
  outside.reset();
  auto pool = memory->pool();
  std::byte* inside_place = nullptr;
  {
    const Memory::Apart apart(*memory, pool);
    Block a = memory->allocate(256);
    CHECK(a.get() != outside_place);
    inside_place = a.get();
    a.reset();
    Block b = memory->allocate(256);  // within the pool blocks are shared as usual
    CHECK(b.get() == inside_place);
    {
      const auto deeper = memory->pool();
      const Memory::Apart further(*memory, deeper);
      CHECK(memory->allocate(256).get() != outside_place);
    }
    b.reset();
    CHECK(memory->allocate(256).get() == inside_place);
  }
  CHECK(memory->allocate(256).get() == outside_place);
  memory->trim();
  CHECK(system->blocks.size() == 1);  // a graph names the pool's
  CHECK(system->blocks.contains(inside_place));
  pool.reset();
  CHECK(system->blocks.empty());
  CHECK(memory->use().held == 0);
}

TEST_CASE_FIXTURE(
    Fixture, "caching memory: a pool lives as long as one of its blocks, and returns when an exception leaves it") {
  Block kept;
  CHECK_THROWS_AS(([&] {
                    const auto pool = memory->pool();
                    const Memory::Apart apart(*memory, pool);
                    kept = memory->allocate(64);
                    { const Block other = memory->allocate(64); }
                    throw std::runtime_error("while recording");
                  }()),
                  std::runtime_error);
  CHECK(system->blocks.size() == 2);
  const Block outside = memory->allocate(64);
  CHECK(system->blocks.size() == 3);
  kept.reset();
  CHECK(system->blocks.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "caching memory: a pool keeps its blocks even where others are not kept") {
  memory->keep_blocks(false);
  auto pool = memory->pool();
  std::byte* place;
  {
    const Memory::Apart apart(*memory, pool);
    place = memory->allocate(77).get();
  }
  CHECK(system->blocks.at(place) == 77);  // a graph will write there
  pool.reset();
  CHECK(system->blocks.empty());
}

TEST_CASE_FIXTURE(Fixture, "caching memory: many threads at once") {
  system->free = std::size_t(1) << 30;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([this, t] {
        for (std::size_t i = 0; i < 500; ++i) {
          const std::size_t bytes = 1 + (i * 37 + std::size_t(t)) % 300;
          const Block block = memory->allocate(bytes);
          std::memset(block.get(), t, bytes);
          if (i % 100 == 0) memory->trim();
        }
      });
  }
  CHECK(memory->use().in_use == 0);
}
