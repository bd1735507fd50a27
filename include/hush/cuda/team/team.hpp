#pragma once
#include <cstddef>
#include <cstdint>

#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// How many teams a kernel is run by, how many members each has where the machine is a GPU (a multiple of 32), and the
/// bytes of scratch that the members of a team share.
struct TeamGrid {
  std::int64_t teams = 1;
  int threads = 256;
  std::size_t shared = 0;
};

/// A team of one: what a kernel body is given on the host. A body is a function template over its team and right for
/// any number of members. On a GPU a team is a block of threads.
class SerialTeam {
 public:
  SerialTeam(std::int64_t block, std::int64_t blocks, std::byte* shared)
      : block_(block), blocks_(blocks), shared_(shared) {}

  /// Which team this is, and of how many.
  HUSH_HOST_DEVICE std::int64_t block() const { return block_; }
  HUSH_HOST_DEVICE std::int64_t blocks() const { return blocks_; }
  /// Which member of its team, and of how many.
  HUSH_HOST_DEVICE int rank() const { return 0; }
  HUSH_HOST_DEVICE int size() const { return 1; }
  /// Waits until all members are here; what they wrote before is then seen by all.
  HUSH_HOST_DEVICE void sync() const {}
  /// The sum and the greatest of the members' numbers, for each of them; all must ask.
  template <class T>
  HUSH_HOST_DEVICE T sum(T value) const {
    return value;
  }
  template <class T>
  HUSH_HOST_DEVICE T max(T value) const {
    return value;
  }
  /// The team's scratch (TeamGrid::shared bytes, aligned to 16), uninitialised.
  template <class T>
  HUSH_HOST_DEVICE T* shared() const {
    return reinterpret_cast<T*>(shared_);
  }

 private:
  std::int64_t block_, blocks_;
  std::byte* shared_;
};

/// The member's place among all members of all teams, and their number: a grid-stride loop
///   for (std::int64_t i = first_of(team); i < n; i += all_of(team))
/// visits every i once.
template <class Team>
HUSH_HOST_DEVICE std::int64_t first_of(const Team& team) {
  return team.block() * team.size() + team.rank();
}
template <class Team>
HUSH_HOST_DEVICE std::int64_t all_of(const Team& team) {
  return team.blocks() * team.size();
}

/// Teams of `threads` for n independent items, `each` items a member at least; at most 16,384 teams.
constexpr TeamGrid grid_for(std::int64_t n, std::int64_t each = 1, int threads = 256) {
  const std::int64_t teams = (n + each * threads - 1) / (each * threads);
  return {.teams = teams < 1 ? 1 : teams > 16384 ? 16384 : teams, .threads = threads};
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
