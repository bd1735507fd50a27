#include <hush/collectives/all_reduce.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <hush/communicators/single_process.hpp>

#include "../communicators/threads.hpp"

using namespace hush;

namespace {

/// Numbers of very different sizes, so that another order of a sum has other bits.
std::vector<std::vector<float>> arrays(std::size_t count, std::size_t size) {
  std::mt19937 draw(7);
  std::vector<std::vector<float>> all(count, std::vector<float>(size));
  for (auto& array : all)
    for (float& value : array) value = std::ldexp(float(draw()) / 4e9f - .5f, int(draw() % 20));
  return all;
}

/// The sum by the tree's definition: of a range the sum of its halves.
float tree(const std::vector<std::vector<float>>& all, std::size_t element, std::size_t first, std::size_t count) {
  if (count == 1) return all[first][element];
  return tree(all, element, first, count / 2) + tree(all, element, first + count / 2, count / 2);
}

}  // namespace

TEST_CASE("sum_over_ranks: every rank ends with the bits of the tree, of any number of elements") {
  std::int64_t other_bits = 0;
  for (const std::size_t ranks : {2, 4, 8})
    for (const std::size_t size : {0, 1, 2, 3, 7, 64, 1001}) {
      CAPTURE(ranks);
      CAPTURE(size);
      const auto all = arrays(ranks, size);
      std::vector<float> wanted(size), in_order(size);
      for (std::size_t e = 0; e < size; ++e) {
        wanted[e] = tree(all, e, 0, ranks);
        for (const auto& array : all) in_order[e] += array[e];
      }
      other_bits += in_order != wanted;
      auto found = all;
      const auto ended = ranks_of_threads::run(int(ranks), [&](const AnyCommunicator& here) {
        std::vector<float> received;
        sum_over_ranks(here, std::span(found[std::size_t(here.rank())]), received);
      });
      for (const std::string& words : ended.words) CHECK(words.empty());
      for (const auto& array : found) CHECK(array == wanted);
    }
  CHECK(other_bits > 3);  // the order matters
}

TEST_CASE("sum_over_ranks: a rank sends 2 (ranks - 1) / ranks of the array") {
  for (const std::size_t ranks : {2, 4, 8}) {
    auto all = arrays(ranks, 4096);
    const auto ended = ranks_of_threads::run(int(ranks), [&](const AnyCommunicator& here) {
      std::vector<float> received;
      sum_over_ranks(here, std::span(all[std::size_t(here.rank())]), received);
    });
    for (const std::uint64_t sent : ended.sent) CHECK(sent == 2 * (ranks - 1) * 4096 * sizeof(float) / ranks);
  }
}

TEST_CASE("all_reduce: the values are merged in the order of the ranks, everywhere") {
  struct Range {
    int first, last;
  };
  for (const int ranks : {1, 2, 4, 8}) {
    const auto ended = ranks_of_threads::run(ranks, [&](const AnyCommunicator& here) {
      const Range all = all_reduce(here, Range{here.rank(), here.rank()}, [](const Range& a, const Range& b) {
        check(a.last + 1 == b.first, "test", "merged ", a.last, " with ", b.first);
        return Range{a.first, b.last};
      });
      check(all.first == 0 && all.last == ranks - 1, "test", "ended with ", all.first, " to ", all.last);
    });
    for (const std::string& words : ended.words) CHECK(words == "");
  }
}

TEST_CASE("ranks: one alone sends nothing, and a number that is no power of two is refused on all") {
  std::vector<double> array{1, 2, 3}, received;
  sum_over_ranks(SingleProcess{}, std::span(array), received);
  CHECK(array == std::vector<double>{1, 2, 3});
  CHECK(received.empty());
  const auto ended = ranks_of_threads::run(3, [](const AnyCommunicator& here) { check_ranks(here); });
  for (const std::string& words : ended.words)
    CHECK(words == "[ranks] the number of ranks must be a power of two, is 3");
}
