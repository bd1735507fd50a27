#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <hush/cuda/cuda.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/cuda/team/team.hpp>

#include "../../thrown.hpp"

using namespace hush;

namespace {

using B = Cuda<float, HostGpu>;

/// Teams of `members`, for as long as it lives.
struct Members {
  explicit Members(int members) { HostGpu::members = members; }
  ~Members() { HostGpu::members = 1; }
};

/// Body: what every member of every team is told: its rank, the team's size, sum and greatest of `x` at its place.
template <class T>
struct Told {
  const T* x;  // [teams, size]
  T *sums, *greatest;
  int *ranks, *sizes;
  template <class Team>
  void operator()(const Team& team) const {
    const std::int64_t place = first_of(team);
    sums[place] = team.sum(x[place]);
    greatest[place] = team.max(x[place]);
    sums[place] = team.sum(sums[place]);  // an exchange right after another
    ranks[place] = team.rank();
    sizes[place] = team.size();
  }
};

/// Body: reverses each team's row through its scratch.
struct Reversed {
  float* x;
  template <class Team>
  void operator()(const Team& team) const {
    float* scratch = team.template shared<float>();
    scratch[team.rank()] = x[first_of(team)];
    team.sync();
    x[first_of(team)] = scratch[team.size() - 1 - team.rank()];
    team.sync();
  }
};

/// Body: counts the visits of n items.
struct Visits {
  std::int64_t n;
  int* counts;
  template <class Team>
  void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) ++counts[i];
  }
};

/// Body: the sum of all ranks' numbers, for each.
struct SumOf {
  const float* x;
  float* y;
  void operator()(const auto& team) const { y[team.rank()] = team.sum(x[team.rank()]); }
};

/// Body: reads scratch that nobody wrote.
struct Read {
  float* y;
  void operator()(const auto& team) const { *y = team.template shared<float>()[2]; }
};

template <class T>
void check_exchanges(int members) {
  CAPTURE(members);
  const Members of(members);
  const std::int64_t teams = 3;
  std::mt19937 engine{std::random_device{}()};
  std::vector<T> x, sums, greatest;
  for (std::int64_t i = 0; i < teams * members; ++i) x.push_back(T(std::int64_t(engine() % 2001) - 1000));
  sums = greatest = std::vector<T>(x.size());
  std::vector<int> ranks(x.size()), sizes(x.size());
  launch(B{}, Told<T>{x.data(), sums.data(), greatest.data(), ranks.data(), sizes.data()}, {.teams = teams});
  for (std::int64_t t = 0; t < teams; ++t) {
    T sum = 0, most = -1001;
    for (int i = 0; i < members; ++i) sum += x[std::size_t(t * members + i)];
    for (int i = 0; i < members; ++i) most = std::max(most, x[std::size_t(t * members + i)]);
    for (int i = 0; i < members; ++i) {
      const auto place = std::size_t(t * members + i);
      CHECK(sums[place] == sum * T(members));
      CHECK(greatest[place] == most);
      CHECK(ranks[place] == i);
      CHECK(sizes[place] == members);
    }
  }
}

using thrown::message;

}  // namespace

TEST_CASE("host gpu: every member of a team is given the sum and the greatest of all") {
  for (const int members : {1, 2, 5, 32}) {
    check_exchanges<float>(members);
    check_exchanges<double>(members);
    check_exchanges<std::int32_t>(members);
    check_exchanges<std::int64_t>(members);
  }
}

TEST_CASE("host gpu: a sum of floats is taken in the order of ranks, every time") {
  const Members of(32);
  std::mt19937 engine{std::random_device{}()};
  std::vector<float> x(32), sums(32);
  for (float& v : x) v = std::normal_distribution<float>()(engine);
  float wanted = x[0];
  for (int i = 1; i < 32; ++i) wanted += x[std::size_t(i)];
  for (int round = 0; round < 20; ++round) {
    launch(B{}, SumOf{x.data(), sums.data()}, {});
    CHECK(sums == std::vector<float>(32, wanted));
  }
}

TEST_CASE("host gpu: scratch is the team's own, seen by all after a barrier") {
  for (const int members : {1, 32}) {
    const Members of(members);
    std::vector<float> x;
    for (int i = 0; i < 4 * members; ++i) x.push_back(float(i));
    launch(B{}, Reversed{x.data()}, {.teams = 4, .shared = sizeof(float) * std::size_t(members)});
    for (int t = 0; t < 4; ++t)
      for (int i = 0; i < members; ++i) CHECK(x[std::size_t(t * members + i)] == float(t * members + members - 1 - i));
  }
}

TEST_CASE("host gpu: scratch and fresh memory hold NaN, so that who reads before writing is found out") {
  float y = 0;
  launch(B{}, Read{&y}, {.shared = 12});
  CHECK(y != y);
  HostGpu::at(0, 0).memory().keep_blocks(false);
  const auto block = B{}.allocate<float>(3);
  CHECK(block[2] != block[2]);
}

TEST_CASE("host gpu: teams of any size visit every item once") {
  for (const int members : {1, 3, 32})
    for (const std::int64_t n : {0, 1, 31, 1000}) {
      const Members of(members);
      for (const std::int64_t each : {1, 8}) {
        std::vector<int> counts(std::size_t(n) + 1);
        launch(B{}, Visits{n, counts.data()}, grid_for(n, each, 32));
        counts.pop_back();
        CHECK(counts == std::vector<int>(std::size_t(n), 1));
      }
    }
}

TEST_CASE("host gpu: no teams, no work") {
  int count = 0;
  launch(B{}, Visits{1, &count}, {.teams = 0});
  CHECK(count == 0);
}

TEST_CASE("team: the grid for n items covers them, and is bounded") {
  CHECK(grid_for(0).teams == 1);
  CHECK(grid_for(1).teams == 1);
  CHECK(grid_for(256).teams == 1);
  CHECK(grid_for(257).teams == 2);
  CHECK(grid_for(2049, 8).teams == 2);
  CHECK(grid_for(65, 1, 64).teams == 2);
  CHECK(grid_for(65, 1, 64).threads == 64);
  CHECK(grid_for(std::int64_t(1) << 50).teams == 16384);
}

TEST_CASE("host gpu: devices and streams are what tests expect of a GPU's") {
  CHECK(&HostGpu::at(0, 0) == &HostGpu::at(0, 0));
  CHECK(&HostGpu::at(0, 0) != &HostGpu::at(0, 1));
  CHECK(&HostGpu::at(0, 0) != &HostGpu::at(1, 0));
  CHECK(message([] { HostGpu::at(2, 0); }) == "[HostGpu] there is no device 2, stream 0");
  CHECK(message([] { B{.device = -1}.machine(); }) == "[HostGpu] there is no device -1, stream 0");
}

TEST_CASE("host gpu: its memory ends where a test says") {
  const B on{.stream = 5};
  auto& memory = on.machine().memory();
  memory.keep_blocks(false);
  {
    const auto all = on.allocate<std::byte>(std::int64_t(1) << 20);
    CHECK(memory_use(on).in_use == std::size_t(1) << 20);
  }
  CHECK(memory_use(on).held == 0);
  CHECK(message([&] { on.allocate<float>(std::int64_t(1) << 62); }).starts_with("[memory] wanted "));
  memory.fail_at(1);
  CHECK(message([&] { on.allocate<float>(10), on.allocate<float>(20); }) ==
        to_text("[memory] wanted 80 bytes; 40 are in use by tensors, 40 are held in all; ", (std::size_t(1) << 34) - 40,
                " are free. Try a smaller batch."));
  memory.fail_at(-1);
  CHECK_NOTHROW(on.allocate<float>(20));
  trim(on);
}
