#pragma once
#include <array>
#include <numeric>
#include <vector>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// An image [pixels, channels] cut into slabs that fit the first-level cache. The cut depends on the shape of one image
/// alone, so that sums over slabs, added in order, never depend on batch or threads.
struct Slabs {
  std::int64_t pixels = 0, channels = 0;

  std::int64_t pixels_a_slab() const { return std::max<std::int64_t>(1, 128 * block_size / channels); }
  std::int64_t count() const { return (pixels + pixels_a_slab() - 1) / pixels_a_slab(); }
  /// Offset of slab i in the image, and how many numbers it has.
  std::int64_t begin(std::int64_t i) const { return i * pixels_a_slab() * channels; }
  std::int64_t length(std::int64_t i) const {
    return std::min(pixels_a_slab(), pixels - i * pixels_a_slab()) * channels;
  }
  /// The number of elements after which block lanes and channels coincide again. A table of one number per channel,
  /// repeated to this length, can be read in whole blocks.
  std::int64_t period() const { return std::lcm(channels, block_size); }
  /// The part of the period that a slab reaches, in whole blocks.
  std::int64_t lanes() const {
    const std::int64_t longest = std::min(pixels, pixels_a_slab()) * channels;
    return std::min(period(), (longest + block_size - 1) / block_size * block_size);
  }
};

/// Repeats the first `channels` numbers of a table up to `lanes`.
template <class T>
void repeat(T* table, std::int64_t channels, std::int64_t lanes) {
  for (std::int64_t i = channels; i < lanes; ++i) table[i] = table[i - channels];
}

/// The sum of n numbers, always in the same order.
inline double total(const double* x, std::int64_t n) {
  double sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::int64_t k = 0; k < 8; ++k) sums[k] += x[i + k];
  for (; i < n; ++i) sums[i % 8] += x[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/// Calls f(position, lane, count) for the blocks of numbers [begin, end) of a slab in order, `begin` being the first of
/// a block; `lane` is their offset in a table of `lanes` numbers.
template <class F>
void each_block(std::int64_t begin, std::int64_t end, std::int64_t lanes, const F& f) {
  std::int64_t at = begin, lane = begin > 0 ? begin % lanes : 0;
  for (; at + block_size <= end; at += block_size) {
    f(at, lane, Whole{});
    lane = lane + block_size < lanes ? lane + block_size : 0;
  }
  if (at < end) f(at, lane, end - at);
}

/// Adds to sums[k * channels + c] the k-th of the K blocks that f(position, lane, count) gives, over all blocks of a
/// slab of `length` numbers; lanes past `count` are ignored.
template <int K, class T, class F>
void sum_channels(const Slabs& slabs, std::int64_t length, double* sums, const F& f) {
  const std::int64_t period = slabs.period(), channels = slabs.channels;
  for (std::int64_t lane = 0; lane < std::min(period, length); lane += block_size) {
    std::array<Numbers<T>, K> partial;
    for (Numbers<T>& p : partial) p.setZero();
    std::int64_t at = lane;
    for (; at + block_size <= length; at += period) {
      const std::array<Numbers<T>, K> terms = f(at, lane, Whole{});
      for (std::size_t k = 0; k < K; ++k) partial[k] += terms[k];
    }
    if (at < length) {
      std::array<Numbers<T>, K> terms = f(at, lane, length - at);
      for (std::size_t k = 0; k < K; ++k) {
        std::fill(terms[k].data() + (length - at), terms[k].data() + block_size, T(0));
        partial[k] += terms[k];
      }
    }
    const std::int64_t first = lane % channels;
    for (std::size_t k = 0; k < K; ++k) {
      double* row = sums + std::int64_t(k) * channels;
      if (first + block_size <= channels) {
        for (std::int64_t i = 0; i < block_size; ++i) row[first + i] += double(partial[k][i]);
      } else {
        for (std::int64_t i = 0, channel = first; i < block_size;
             ++i, channel = channel + 1 < channels ? channel + 1 : 0)
          row[channel] += double(partial[k][i]);
      }
    }
  }
}

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
