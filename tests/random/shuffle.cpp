#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <set>
#include <stdexcept>
#include <vector>

#include <hush/random/shuffle.hpp>

using namespace hush;

TEST_CASE("shuffle: is a permutation, the same for the same seed and epoch, another for another") {
  for (const std::int64_t n : {0, 1, 2, 3, 10, 1000}) {
    auto order = shuffle(n, 7, 3);
    CHECK(order == shuffle(n, 7, 3));
    std::sort(order.begin(), order.end());
    std::vector<std::int64_t> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    CHECK(order == all);
  }
  std::set<std::vector<std::int64_t>> orders;
  for (std::uint64_t seed : {0, 1, 2})
    for (std::int64_t epoch = 0; epoch < 20; ++epoch) orders.insert(shuffle(100, seed, epoch));
  CHECK(orders.size() == 60);
  CHECK_THROWS_AS(shuffle(-1, 0, 0), std::invalid_argument);
  CHECK_THROWS_AS(shuffle(1, 0, -1), std::invalid_argument);
}

TEST_CASE("shuffle: every order of four items is equally likely") {
  std::vector<int> seen(256);
  constexpr int draws = 24000;
  for (int epoch = 0; epoch < draws; ++epoch) {
    const auto order = shuffle(4, 11, epoch);
    ++seen[std::size_t(order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3])];
  }
  double chi = 0;
  int kinds = 0;
  for (const int count : seen)
    if (count > 0) ++kinds, chi += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(kinds == 24);
  CHECK(chi < 60);  // 23 degrees of freedom: above 60 once in 30,000 seeds
}
