#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/data/split.hpp>
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

namespace detail {

/// Throws std::invalid_argument unless there are as many labels as images, or none, and as many pixels as they have.
inline void check_set(const char* who, const ImageSet& set) {
  check_filled(who, set.images);
  check(set.labels.empty() || std::int64_t(set.labels.size()) == set.size(), who, "a set of ", set.size(),
        " images has ", set.labels.size(), " labels: give one for each, or none");
}

}  // namespace detail

/// Items `begin` to `end - 1` as a set of their own. Throws std::invalid_argument if they are not there.
inline ImageSet range(const ImageSet& set, std::int64_t begin, std::int64_t end) {
  detail::check_set("range", set);
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

/// Some items, in that order, as a set of their own. Throws std::invalid_argument for one that is not there.
inline ImageSet part(const ImageSet& set, std::span<const std::int64_t> items) {
  detail::check_set("part", set);
  ImageSet out{set.batch(items), {}};
  if (!set.labels.empty())
    for (const std::int64_t item : items) out.labels.push_back(set.labels[std::size_t(item)]);
  return out;
}

/// Cuts a set in two: the items that train, and those that validate, by chance or the last ones; see Validation. By
/// chance an item goes by its number. Throws std::invalid_argument where more are to validate than there are.
inline std::pair<ImageSet, ImageSet> split(const ImageSet& set, const Validation& validation) {
  const auto [training, held] =
      split_items(set.size(), validation, [](std::int64_t item) { return std::uint32_t(item); });
  return {part(set, training), part(set, held)};
}
/// The same for a share of the items, held out by chance.
inline std::pair<ImageSet, ImageSet> split(const ImageSet& set, double share) {
  return split(set, Validation{.share = share});
}

}  // namespace hush::data
