#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <hush/images.hpp>

namespace hush {

/// The condition of an unconditional process: none.
struct Nothing {};

/// A batch of a data set for a conditional process: images [N, H, W, C] in [-1, 1] and their conditions.
template <class Given>
struct Examples {
  Images<float> images;
  Given given;
};

/// Images for inpainting: `picture` [N, H, W, C] in [-1, 1], and `hole` [N, H, W, 1] or [1, H, W, 1], 1 where pixels
/// are to be generated and 0 where they are known. The picture's pixels inside a hole are ignored.
struct MaskedImages {
  Images<float> picture, hole;
};

/// Labels of images: image i has those of sets[i], numbers from 0 on, in no order; an empty set is the null condition.
struct LabelSets {
  std::vector<std::vector<std::int32_t>> sets;
  bool operator==(const LabelSets&) const = default;
};

/// The batch of `items` of a data set; `epoch` is passed on if the set's `batch` takes it.
template <class Data>
requires requires(const Data& data, std::span<const std::int64_t> items) {
  data.batch(items);
} || requires(const Data& data, std::span<const std::int64_t> items, std::int64_t epoch) { data.batch(items, epoch); }
auto batch_of(const Data& data, std::span<const std::int64_t> items, [[maybe_unused]] std::int64_t epoch) {
  if constexpr (requires { data.batch(items, epoch); })
    return data.batch(items, epoch);
  else
    return data.batch(items);
}

/// Throws std::invalid_argument unless there are `count` pictures of that size with `channels` channels.
inline void check_extents(const char* who, const Images<float>& pictures, std::int64_t count, ImageSize size,
                          std::int64_t channels) {
  size.channels = channels;
  const ImageSize found{pictures.height, pictures.width, pictures.channels};
  check(pictures.count == count, who, pictures.count, " pictures are given for ", count, " images");
  check(found == size, who, "the pictures given are ", found, ", wanted are ", size);
  check_filled(who, pictures);
}

/// Throws std::invalid_argument unless there are `count` pictures of that size with `channels` channels, their pixels
/// in the range.
inline void check_pictures(const char* who, const Images<float>& pictures, std::int64_t count, ImageSize size,
                           std::int64_t channels, const PixelRange& range = {}) {
  check_extents(who, pictures, count, size, channels);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string fault = pixel_fault(pictures, i, range);
    check(fault.empty(), who, "picture ", i, " ", fault);
  }
}

/// Throws std::invalid_argument unless `holes` has masks for `count` pictures of that size, one for all or one for
/// each, of zeros and ones, with at least one 1.
inline void check_holes(const char* who, const Images<float>& holes, std::int64_t count, const ImageSize& size) {
  check(holes.count == count || holes.count == 1, who, holes.count, " masks for ", count,
        " pictures: give one for each, or one for all");
  check(holes.height == size.height && holes.width == size.width && holes.channels == 1, who, "the mask is ",
        ImageSize{holes.height, holes.width, holes.channels}, ", wanted is ", ImageSize{size.height, size.width, 1});
  check_filled(who, holes);
  for (std::int64_t i = 0; i < holes.count; ++i) check_mask(who, holes, i);
}

/// Throws std::invalid_argument unless `given` is `count` pictures of that size with holes (see `check_extents`,
/// `check_holes`) and the known pixels are in the range.
inline void check_masked(const char* who, const MaskedImages& given, std::int64_t count, const ImageSize& size,
                         const PixelRange& range = {}) {
  check_extents(who, given.picture, count, size, size.channels);
  check_holes(who, given.hole, count, size);
  for (std::int64_t i = 0; i < count; ++i) {
    if (pixel_fault(given.picture, i, range).empty()) continue;
    Images<float> known(1, size.height, size.width, size.channels);  // pixels in holes are not checked
    const auto hole = given.hole[given.hole.count == 1 ? 0 : i];
    for (std::size_t p = 0; p < known.pixels.size(); ++p)
      known.pixels[p] = hole[p / std::size_t(size.channels)] == 1 ? range.low : given.picture[i][p];
    const std::string fault = pixel_fault(known, 0, range);
    check(fault.empty(), who, "picture ", i, " ", fault);
  }
}

}  // namespace hush
