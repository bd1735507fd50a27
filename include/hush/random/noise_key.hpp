#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <hush/random/philox.hpp>

namespace hush {

/// Names the noise of a batch: that of a step under a seed, for training, validation or sampling; image i of the batch
/// is number images[i]. An image's noise belongs to these numbers, not to its place in the batch. Without numbers the
/// images count from 0. The memory of `images` must outlive the key.
struct NoiseKey {
  static constexpr std::uint32_t training = 0, validation = 1, sampling = 2;

  std::uint64_t seed = 0;
  std::uint32_t step = 0;  // of the optimizer, from 0; of a data set that changes its items, the epoch
  std::uint32_t split = training;
  std::span<const std::uint32_t> images = {};

  /// The random numbers of image i of the batch for what a word says ("level", "noise"). Sampling has those of training
  /// at step 0: what tells the two apart is what a conditioning does (labels that are left out).
  constexpr Stream stream(std::string_view word, std::size_t i = 0) const {
    return {seed, images.empty() ? std::uint32_t(i) : images[i], step,
            purpose(word, split == sampling ? training : split)};
  }
  /// The key of `count` images of the batch, from the i-th on.
  constexpr NoiseKey part(std::size_t i, std::size_t count) const {
    return {seed, step, split, images.subspan(i, count)};
  }
};

}  // namespace hush
