#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hush/data/in_epoch.hpp>
#include <hush/examples.hpp>
#include <hush/images.hpp>
#include <hush/random/philox.hpp>

namespace hush::data {

/// Data augmentation for training: the pictures of another set, each mirrored left to right with a probability, as a
/// function of seed, item and epoch. Put it below the sets that make masks or conditions, and validate on the other set
/// itself. It refers to that set, which must outlive it.
template <class Set>
class HorizontalFlip {
 public:
  /// Throws std::invalid_argument unless 0 <= probability <= 1.
  explicit HorizontalFlip(const Set& pictures, std::uint64_t seed = 0, double probability = 0.5)
      : pictures_(pictures), seed_(seed), probability_(probability) {
    check(probability >= 0 && probability <= 1, "HorizontalFlip", "a probability of ", probability,
          " is not between 0 and 1");
  }
  HorizontalFlip(const Set&&, std::uint64_t = 0, double = 0.5) = delete;  // it would be gone before it is read

  std::int64_t size() const { return pictures_.size(); }
  /// Whether this item is mirrored in this epoch.
  bool flips(std::int64_t item, std::int64_t epoch) const {
    Uniform uniform{Stream{seed_, std::uint32_t(item), std::uint32_t(epoch), purpose("horizontal flip")}};
    return uniform() < probability_;
  }
  /// The pictures with these numbers, [n, H, W, C] in [-1, 1], and the same as bytes
  /// where the set gives them.
  Images<float> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    return flipped(batch_of(pictures_, items, epoch), items, epoch);
  }
  Images<std::uint8_t> bytes(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    return flipped(bytes_in(pictures_, items, epoch), items, epoch);
  }
  /// The set whose pictures these are.
  const Set& pictures() const { return pictures_; }
  static constexpr void fields(auto& self, auto&& f) { f("seed", self.seed_), f("probability", self.probability_); }
  void prefetch(std::span<const std::int64_t> items) const requires ReadsAhead<Set> { pictures_.prefetch(items); }
  auto path(std::int64_t item) const requires NamesFiles<Set> { return pictures_.path(item); }

 private:
  template <class T>
  Images<T> flipped(Images<T> images, std::span<const std::int64_t> items, std::int64_t epoch) const {
    for (std::int64_t i = 0; i < images.count; ++i) {
      if (!flips(items[std::size_t(i)], epoch)) continue;
      const auto at = [&, row = images[i]](std::int64_t y, std::int64_t x) {
        return row.begin() + (y * images.width + x) * images.channels;
      };
      for (std::int64_t y = 0; y < images.height; ++y)
        for (std::int64_t x = 0; x < images.width / 2; ++x)
          std::swap_ranges(at(y, x), at(y, x + 1), at(y, images.width - 1 - x));
    }
    return images;
  }

  const Set& pictures_;
  std::uint64_t seed_;
  double probability_;
};

}  // namespace hush::data
