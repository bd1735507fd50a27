#pragma once
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/random/philox.hpp>

namespace hush {

/// The order in which an epoch visits `count` items: a permutation of 0..count-1 that depends on seed and epoch only,
/// so that a run that resumes needs neither state nor replay. Durstenfeld 1964 ("Algorithm 235") on Philox.
inline std::vector<std::int64_t> shuffle(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  check(count >= 0 && count <= most, "shuffle", "cannot shuffle ", count, " items");
  check(epoch >= 0 && epoch <= most, "shuffle", "epoch ", epoch, " cannot be");
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t(0));
  Uniform uniform{Stream{.seed = seed, .step = std::uint32_t(epoch), .purpose = purpose("shuffle")}};
  for (std::uint32_t left = std::uint32_t(count); left > 1; --left)
    std::swap(order[left - 1], order[uniform.below(left)]);
  return order;
}

}  // namespace hush
