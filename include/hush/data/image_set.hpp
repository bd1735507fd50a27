#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/images.hpp>

namespace hush::data {

/// A data set in memory: images in [-1, 1], [N, H, W, C], and a label for each, or none at all. It is what `train`
/// asks for: how many items there are, and any few of them as a batch.
struct ImageSet {
  Images<float> images;
  std::vector<std::uint8_t> labels;

  std::int64_t size() const { return images.count; }

  /// The images with these positions, in this order; throws std::invalid_argument for one that is not there.
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> out(std::int64_t(items.size()), images.height, images.width, images.channels);
    for (std::size_t i = 0; i < items.size(); ++i) {
      check(items[i] >= 0 && items[i] < size(), "ImageSet::batch", "item ", items[i], " of ", size());
      std::ranges::copy(images[items[i]], out[std::int64_t(i)].begin());
    }
    return out;
  }
};

/// Items `begin` to `end - 1` as a set of their own. Throws std::invalid_argument if they are not there.
inline ImageSet range(const ImageSet& set, std::int64_t begin, std::int64_t end) {
  check(0 <= begin && begin <= end && end <= set.size(), "range", "items ", begin, " to ", end, " of ", set.size());
  const auto stride = set.images.stride();
  ImageSet part{{end - begin,
                 set.images.height,
                 set.images.width,
                 set.images.channels,
                 {set.images.pixels.begin() + begin * stride, set.images.pixels.begin() + end * stride}},
                {}};
  if (!set.labels.empty()) part.labels.assign(set.labels.begin() + begin, set.labels.begin() + end);
  return part;
}

/// The first `count` items, or all if there are fewer.
inline ImageSet first(const ImageSet& set, std::int64_t count) { return range(set, 0, std::min(count, set.size())); }

/// Cuts a set in two: the first 1 - share of its items, and the last share of them (for validation). Throws
/// std::invalid_argument unless 0 <= share <= 1.
inline std::pair<ImageSet, ImageSet> split(const ImageSet& set, double share) {
  check(share >= 0 && share <= 1, "split", "a share of ", share, " is not between 0 and 1");
  const auto cut = set.size() - std::int64_t(std::llround(share * double(set.size())));
  return {range(set, 0, cut), range(set, cut, set.size())};
}

}  // namespace hush::data
