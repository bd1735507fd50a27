#pragma once
#include <array>
#include <numeric>
#include <vector>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// An image [pixels, channels] cut into slabs that fit the first-level cache. The cut depends on the shape of one image
/// alone, so that sums over slabs, added in order, never depend on batch or threads.
struct Slabs {
  std::int64_t pixels = 0, channels = 0;

  std::int64_t pixels_a_slab() const { return std::max<std::int64_t>(1, 128 * block_size / channels); }
  std::int64_t count() const { return (pixels + pixels_a_slab() - 1) / pixels_a_slab(); }
  /// Where in the image slab i begins, and how many numbers it has.
  std::int64_t begin(std::int64_t i) const { return i * pixels_a_slab() * channels; }
  std::int64_t length(std::int64_t i) const {
    return std::min(pixels_a_slab(), pixels - i * pixels_a_slab()) * channels;
  }
  /// After so many numbers a block's lanes meet the same channels again. A table of one number a channel, repeated to
  /// this length, can be read in whole blocks.
  std::int64_t period() const { return std::lcm(channels, block_size); }
  /// The part of the period that a slab ever reaches, in whole blocks.
  std::int64_t lanes() const {
    const std::int64_t longest = std::min(pixels, pixels_a_slab()) * channels;
    return std::min(period(), (longest + block_size - 1) / block_size * block_size);
  }
};

/// Adds to sums[k * channels + c] the k-th of the K blocks that f(position, lane, count) gives, over all blocks of a
/// slab of `length` numbers; lanes past `count` must be 0.
template <int K, class T, class F>
void sum_channels(const Slabs& slabs, std::int64_t length, double* sums, const F& f) {
  const std::int64_t period = slabs.period(), channels = slabs.channels;
  for (std::int64_t lane = 0; lane < std::min(period, length); lane += block_size) {
    std::array<Numbers<T>, K> partial;
    for (Numbers<T>& p : partial) p.setZero();
    for (std::int64_t at = lane; at < length; at += period) {
      const std::array<Numbers<T>, K> terms = f(at, lane, length - at);
      for (std::size_t k = 0; k < K; ++k) partial[k] += terms[k];
    }
    std::int64_t channel = lane % channels;
    for (std::int64_t i = 0; i < block_size; ++i) {
      for (std::size_t k = 0; k < K; ++k) sums[std::int64_t(k) * channels + channel] += double(partial[k][i]);
      if (++channel == channels) channel = 0;
    }
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
