#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <hush/data/split.hpp>
#include <hush/images.hpp>
#include <hush/io/checksum.hpp>

namespace hush::data {

/// A data set in memory for `train`: images [N, H, W, C] in [-1, 1], with a label for each or without labels.
struct ImageSet {
  Images<float> images;
  std::vector<std::uint8_t> labels;

  std::int64_t size() const { return images.count; }

  /// The images with these positions, in this order. Throws std::invalid_argument for a position outside the set.
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> out(std::int64_t(items.size()), images.height, images.width, images.channels);
    for (std::size_t i = 0; i < items.size(); ++i) {
      check(items[i] >= 0 && items[i] < size(), "ImageSet::batch", "item ", items[i], " of ", size());
      std::ranges::copy(images[items[i]], out[std::int64_t(i)].begin());
    }
    return out;
  }
  /// A checksum of all images and labels, by which a run knows its data.
  std::string fingerprint() const {
    io::Crc32 sum;
    sum.add(std::as_bytes(std::span(images.pixels)));
    sum.add(std::as_bytes(std::span(labels)));
    return to_text(size(), " images ", io::hexadecimal(sum.value));
  }
};

namespace detail {

/// Throws std::invalid_argument unless there are as many labels as images, or none, and as many pixels as the extents
/// say.
inline void check_set(const char* who, const ImageSet& set) {
  check_filled(who, set.images);
  check(set.labels.empty() || std::int64_t(set.labels.size()) == set.size(), who, "a set of ", set.size(),
        " images has ", set.labels.size(), " labels: give one for each, or none");
}

}  // namespace detail

/// The subset of the items `begin` to `end - 1`. Throws std::invalid_argument for a range outside the set.
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

/// The subset of these items, in this order. Throws std::invalid_argument for a position outside the set.
inline ImageSet part(const ImageSet& set, std::span<const std::int64_t> items) {
  detail::check_set("part", set);
  ImageSet out{set.batch(items), {}};
  if (!set.labels.empty())
    for (const std::int64_t item : items) out.labels.push_back(set.labels[std::size_t(item)]);
  return out;
}

/// Splits a set into training and validation items, at random or the last ones; see Validation. A random split depends
/// on the items' numbers. Throws std::invalid_argument if more are to validate than there are.
inline std::pair<ImageSet, ImageSet> split(const ImageSet& set, const Validation& validation) {
  const auto [training, held] =
      split_items(set.size(), validation, [](std::int64_t item) { return std::uint32_t(item); });
  return {part(set, training), part(set, held)};
}
/// Splits off a share of the items at random for validation.
inline std::pair<ImageSet, ImageSet> split(const ImageSet& set, double share) {
  return split(set, Validation{.share = share});
}

}  // namespace hush::data
