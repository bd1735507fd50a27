#pragma once
#include <cstdint>

#include <hush/cuda/cuda.hpp>
#include <hush/cuda/team/vec.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Images of `size` numbers cut into pieces of `length` (a multiple of 8), each for one team whose members take eight
/// numbers at a time: nobody has to divide to know which image a number belongs to.
struct Pieces {
  std::int64_t images, size, length = 2048;

  HUSH_HOST_DEVICE std::int64_t an_image() const { return (size + length - 1) / length; }
  HUSH_HOST_DEVICE std::int64_t count() const { return images * an_image(); }
  HUSH_HOST_DEVICE std::int64_t image(std::int64_t piece) const { return piece / an_image(); }
  /// Where a piece begins and ends within its image.
  HUSH_HOST_DEVICE std::int64_t begin(std::int64_t piece) const { return piece % an_image() * length; }
  HUSH_HOST_DEVICE std::int64_t end(std::int64_t piece) const {
    const std::int64_t last = begin(piece) + length;
    return last < size ? last : size;
  }
  TeamGrid grid() const {
    const std::int64_t teams = count(), longest = size < length ? size : length, members = (longest + 7) / 8;
    return {.teams = teams < 16384 ? teams : 16384, .threads = members >= 256 ? 256 : int((members + 31) / 32 * 32)};
  }
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
