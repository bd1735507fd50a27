#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/data/in_epoch.hpp>
#include <hush/data/pixels.hpp>
#include <hush/examples.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/random/philox.hpp>

namespace hush::data {

/// A data set for JPEG restoration (`ConcatImage`): the pictures of another set, which gives them as `bytes(items)`,
/// with their JPEG-compressed versions as condition. An item's quality is drawn from a list in each epoch. It refers to
/// the other set, which must outlive it.
template <class Set>
class JpegPairs {
 public:
  JpegPairs(const Set& pictures, std::vector<int> qualities, std::uint64_t seed = 0)
      : pictures_(pictures), qualities_(std::move(qualities)), seed_(seed) {
    check(!qualities_.empty(), "JpegPairs", "wants at least one quality");
    for (const int quality : qualities_)
      check(quality >= 1 && quality <= 100, "JpegPairs", "a quality must be in 1..100, got ", quality);
  }
  JpegPairs(const Set&&, std::vector<int>, std::uint64_t = 0) = delete;  // it would be gone before it is read

  std::int64_t size() const { return pictures_.size(); }
  /// The quality of an item in an epoch.
  int quality(std::int64_t item, std::int64_t epoch) const {
    Uniform uniform{Stream{seed_, std::uint32_t(item), std::uint32_t(epoch), purpose("jpeg quality")}};
    return qualities_[uniform.below(std::uint32_t(qualities_.size()))];
  }
  /// The pictures with these numbers, and after JPEG compression, both [n, H, W, C] in [-1, 1].
  Examples<Images<float>> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    const Images<std::uint8_t> truth = bytes_in(pictures_, items, epoch);
    Images<std::uint8_t> damaged = truth;
    for (std::int64_t i = 0; i < truth.count; ++i) {
      const Images<std::uint8_t> one(1, truth.height, truth.width, truth.channels, {truth[i].begin(), truth[i].end()});
      std::ranges::copy(io::through_jpeg(one, quality(items[std::size_t(i)], epoch))[0], damaged[i].begin());
    }
    return {to_floats(truth), to_floats(damaged)};
  }
  /// The set whose pictures these are.
  const Set& pictures() const { return pictures_; }
  static constexpr void fields(auto& self, auto&& f) { f("qualities", self.qualities_), f("seed", self.seed_); }
  /// The file of an item, where the pictures are from files.
  auto path(std::int64_t item) const requires NamesFiles<Set> { return pictures_.path(item); }

 private:
  const Set& pictures_;
  std::vector<int> qualities_;
  std::uint64_t seed_;
};

}  // namespace hush::data
