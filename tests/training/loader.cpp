#include <hush/training/loader.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include <hush/cpu/cpu.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/team/host_gpu.hpp>

using namespace hush;

namespace {

using Gpu = Cuda<float, HostGpu>;

/// Pictures of one pixel, which is their number; item `broken` cannot be read.
struct Ordinals {
  std::int64_t count = 10, broken = -1;
  std::int64_t size() const { return count; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 1, 1, 1);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i] == broken) throw std::runtime_error("unreadable");
      images.pixels[i] = float(items[i]);
    }
    return images;
  }
};

}  // namespace

static_assert(HasAsyncCopies<Gpu> && !HasAsyncCopies<Cpu<float>>);

TEST_CASE("loader: batches are the same whether they were loaded ahead or not, and on both machines") {
  const Ordinals data;
  Loader<Cpu<float>, Ordinals> cpu({}, data, {.batch = 3, .seed = 7});
  Loader<Gpu, Ordinals> gpu({}, data, {.batch = 3, .seed = 7}), late({}, data, {.batch = 3, .seed = 7});
  CHECK(cpu.steps_per_epoch() == 3);
  for (std::int64_t step = 0; step < 7; ++step) {
    const auto wanted = download<float>(cpu.batch(step).images);
    const auto ahead = gpu.batch(step).images;
    gpu.load_ahead(step + 1);
    CHECK(download<float>(ahead) == wanted);  // what is loaded ahead does not touch what is worked on
    CHECK(download<float>(late.batch(step).images) == wanted);
  }
  gpu.load_ahead(3);
  CHECK(download<float>(gpu.batch(1).images) ==
        download<float>(cpu.batch(1).images));  // another step than the one that was expected
}

TEST_CASE("loader: ranks read equal parts of each batch, which together are the whole") {
  const Ordinals data{24};
  Loader<Cpu<float>, Ordinals> whole({}, data, {.batch = 8, .seed = 7});
  for (std::int64_t step = 0; step < 6; ++step) {
    std::vector<float> joined;
    for (int rank = 0; rank < 4; ++rank) {
      Loader<Cpu<float>, Ordinals> part({}, data, {.batch = 8, .seed = 7, .rank = rank, .ranks = 4});
      const auto mine = download<float>(part.batch(step).images);
      CHECK(mine.size() == 2);
      joined.insert(joined.end(), mine.begin(), mine.end());
    }
    CHECK(joined == download<float>(whole.batch(step).images));
  }
}

TEST_CASE("loader: an epoch has an order of its own unless it is not to") {
  const Ordinals data;
  Loader<Cpu<float>, Ordinals> fixed({}, data, {.batch = 5, .seed = 1, .reshuffle = false}),
      fresh({}, data, {.batch = 5, .seed = 1});
  CHECK(download<float>(fixed.batch(0).images) == download<float>(fixed.batch(2).images));
  CHECK(download<float>(fresh.batch(0).images) != download<float>(fresh.batch(2).images));
}

TEST_CASE("loader: what goes wrong ahead is told by the step that wants it, once") {
  const Ordinals data{.broken = 4};
  Loader<Gpu, Ordinals> loader({}, data, {.batch = 10, .seed = 2});
  CHECK_NOTHROW(loader.load_ahead(1));
  CHECK_THROWS_WITH(loader.batch(1), "unreadable");
  CHECK_THROWS_WITH(loader.batch(1), "unreadable");  // read anew, and still broken
}

TEST_CASE("loader: a set that changes from epoch to epoch is told which one it is, and what it gives comes along") {
  struct Epochs {
    std::int64_t size() const { return 4; }
    Examples<std::vector<std::int64_t>> batch(std::span<const std::int64_t> items, std::int64_t epoch) const {
      Examples<std::vector<std::int64_t>> examples{Images<float>(std::int64_t(items.size()), 1, 1, 1), {}};
      for (const std::int64_t item : items) examples.given.push_back(10 * epoch + item);
      return examples;
    }
  };
  const Epochs data;
  Loader<Cpu<float>, Epochs> loader(Cpu<float>{}, data, {.batch = 2, .reshuffle = false});
  for (std::int64_t step = 0; step < 6; ++step) {
    const auto given = loader.batch(step).given;
    REQUIRE(given.size() == 2);
    for (const std::int64_t g : given) CHECK(g / 10 == step / 2);
  }
  Loader<Gpu, Epochs> ahead(Gpu{}, data, {.batch = 2, .reshuffle = false});
  ahead.load_ahead(3);
  CHECK(ahead.batch(3).given == loader.batch(3).given);
}

TEST_CASE("loader: a set that can is told the next batch as soon as it gave this one") {
  struct Told {
    mutable std::vector<std::vector<std::int64_t>> calls;
    std::int64_t size() const { return 4; }
    Images<float> batch(std::span<const std::int64_t> items) const {
      calls.push_back({items.begin(), items.end()});
      return Images<float>(std::int64_t(items.size()), 1, 1, 1);
    }
    void prefetch(std::span<const std::int64_t> items) const { calls.push_back({items.begin(), items.end()}); }
  };
  const Told data;
  Loader<Cpu<float>, Told> loader(Cpu<float>{}, data, {.batch = 2, .seed = 1});
  for (std::int64_t step = 0; step < 5; ++step) loader.batch(step);  // over the ends of two epochs
  REQUIRE(data.calls.size() == 10);
  for (std::size_t i = 1; i + 1 < 10; i += 2) CHECK(data.calls[i] == data.calls[i + 1]);
}
