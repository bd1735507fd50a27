#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include <hush/described.hpp>
#include <hush/examples.hpp>
#include <hush/images.hpp>
#include <hush/random/noise_key.hpp>

namespace hush::data {

/// Draws the mask of one item, [1, height, width, 1]: 1 where pixels are unknown (the hole), 0 elsewhere. One of
/// `masks::`, or a function of one's own. The key's image is the item, its step the epoch: the same key gives the same
/// mask, on every machine and in every batch.
using MaskRule = Described<Images<float>(std::int64_t height, std::int64_t width, const NoiseKey& key)>;

/// Throws std::invalid_argument unless `mask` [n, height, width, 1] holds zeros and ones, some of them 1 in each.
inline void check_mask(const Images<float>& mask, std::int64_t height, std::int64_t width) {
  check(mask.count > 0, "mask", "there is none");
  check_holes("mask", mask, mask.count, {height, width, 1});
}

/// The masks of these items one after the other, [n, height, width, 1]. Throws std::invalid_argument for a rule that
/// draws no mask of that size, or one without a hole.
inline Images<float> draw_masks(const MaskRule& rule, std::int64_t height, std::int64_t width,
                                std::span<const std::int64_t> items, std::uint64_t seed = 0, std::uint32_t epoch = 0) {
  Images<float> all(std::int64_t(items.size()), height, width, 1);
  for (std::size_t i = 0; i < items.size(); ++i) {
    check(items[i] >= 0 && items[i] <= UINT32_MAX, "mask", "there is no item ", items[i]);
    const auto item = std::uint32_t(items[i]);
    const Images<float> one = rule(height, width, {.seed = seed, .step = epoch, .images = {&item, 1}});
    check_mask(one, height, width);
    std::ranges::copy(one[0], all[std::int64_t(i)].begin());
  }
  return all;
}

/// A part of an image in pixels.
struct Box {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
};

/// A range of whole numbers, both ends included.
struct Counts {
  std::int64_t least = 0, most = 0;
  static constexpr void fields(auto& self, auto&& f) { f("least", self.least), f("most", self.most); }
  friend constexpr bool operator==(const Counts&, const Counts&) = default;
};

/// A range of shares of a side or of an area, both ends included.
struct Shares {
  double least = 0, most = 0;
  static constexpr void fields(auto& self, auto&& f) { f("least", self.least), f("most", self.most); }
  friend constexpr bool operator==(const Shares&, const Shares&) = default;
};

/// The sides of an image.
enum class Side { left, right, top, bottom };
constexpr std::array<const char*, 4> names_of(Side) { return {"left", "right", "top", "bottom"}; }

namespace masks {

namespace detail {

inline Images<float> filled(std::int64_t height, std::int64_t width, float value = 0) {
  check(height >= 1 && width >= 1 && height <= 8192 && width <= 8192, "mask", "cannot be ", height, " x ", width,
        ": its sides have 1 to 8192 pixels");
  Images<float> mask(1, height, width, 1);
  std::fill(mask.pixels.begin(), mask.pixels.end(), value);
  return mask;
}

inline void fill_box(Images<float>& mask, const Box& box, float value) {
  for (std::int64_t y = box.top; y < box.top + box.height; ++y)
    std::fill_n(mask.pixels.begin() + y * mask.width + box.left, box.width, value);
}

inline Box centre_box(std::int64_t height, std::int64_t width, double share) {
  check(share > 0 && share <= 1, "mask", "a share of ", share, " of a side cannot be");
  const auto part = [](double of, std::int64_t side) { return std::int64_t(of * double(side)); };
  const double before = (1 - share) / 2;
  return {part(before, height), part(before, width), part(share, height), part(share, width)};
}

inline Uniform numbers(const NoiseKey& key, std::string_view kind) { return {key.stream(kind)}; }

inline std::int64_t drawn(Uniform& uniform, const Counts& counts) {
  check(0 <= counts.least && counts.least <= counts.most && counts.most <= 1000, "mask", "from ", counts.least, " to ",
        counts.most, " cannot be: counts go from 0 to 1000");
  return counts.least + uniform.below(std::uint32_t(counts.most - counts.least + 1));
}

/// A share of a side in whole pixels, at least one.
inline std::int64_t drawn(Uniform& uniform, const Shares& shares, std::int64_t side) {
  check(0 <= shares.least && shares.least <= shares.most && shares.most <= 1, "mask", "from ", shares.least, " to ",
        shares.most, " of a side cannot be");
  const auto pixels = [&](double share) { return std::max<std::int64_t>(1, std::llround(share * double(side))); };
  const std::int64_t least = pixels(shares.least);
  return least + uniform.below(std::uint32_t(pixels(shares.most) - least + 1));
}

}  // namespace detail

/// A box in the middle: `share` of each side, a quarter of the image by default (top h/4, left w/4, height h/2, width
/// w/2, rounded down).
struct Centre {
  double share = 0.5;
  Images<float> operator()(std::int64_t height, std::int64_t width, const NoiseKey& = {}) const {
    auto mask = detail::filled(height, width);
    detail::fill_box(mask, detail::centre_box(height, width, share), 1);
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) { f("share", self.share); }
  friend constexpr bool operator==(const Centre&, const Centre&) = default;
};

/// The frame around the box of `Centre`, for uncropping; the box itself is known.
struct OuterFrame {
  double share = 0.5;
  Images<float> operator()(std::int64_t height, std::int64_t width, const NoiseKey& = {}) const {
    auto mask = detail::filled(height, width, 1);
    detail::fill_box(mask, detail::centre_box(height, width, share), 0);
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) { f("share", self.share); }
  friend constexpr bool operator==(const OuterFrame&, const OuterFrame&) = default;
};

/// A box in each corner that is asked for, `share` of each side, rounded down but at least a pixel.
struct Corners {
  double share = 0.25;
  bool top_left = true, top_right = true, bottom_left = true, bottom_right = true;
  Images<float> operator()(std::int64_t height, std::int64_t width, const NoiseKey& = {}) const {
    check(share > 0 && share <= 0.5, "mask", "corners cannot have ", share, " of a side: more than 0, at most 0.5");
    auto mask = detail::filled(height, width);
    const auto h = std::max<std::int64_t>(1, std::int64_t(share * double(height)));
    const auto w = std::max<std::int64_t>(1, std::int64_t(share * double(width)));
    if (top_left) detail::fill_box(mask, {0, 0, h, w}, 1);
    if (top_right) detail::fill_box(mask, {0, width - w, h, w}, 1);
    if (bottom_left) detail::fill_box(mask, {height - h, 0, h, w}, 1);
    if (bottom_right) detail::fill_box(mask, {height - h, width - w, h, w}, 1);
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("share", self.share), f("top_left", self.top_left), f("top_right", self.top_right),
        f("bottom_left", self.bottom_left), f("bottom_right", self.bottom_right);
  }
  friend constexpr bool operator==(const Corners&, const Corners&) = default;
};

/// The half on that side. With an odd number of rows or columns the middle one belongs to the right or bottom half.
struct Half {
  Side side = Side::right;
  Images<float> operator()(std::int64_t height, std::int64_t width, const NoiseKey& = {}) const {
    auto mask = detail::filled(height, width);
    const std::int64_t y = height / 2, x = width / 2;
    detail::fill_box(mask,
                     side == Side::left    ? Box{0, 0, height, x}
                     : side == Side::right ? Box{0, x, height, width - x}
                     : side == Side::top   ? Box{0, 0, y, width}
                                           : Box{y, 0, height - y, width},
                     1);
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) { f("side", self.side); }
  friend constexpr bool operator==(const Half&, const Half&) = default;
};

/// A box of random size, anywhere at least `margin` of a side away from the border. Palette's figures: 88 to 128 pixels
/// of 256, 20 away.
struct RandomBox {
  Shares size{88 / 256., 128 / 256.};
  double margin = 20 / 256.;
  Images<float> operator()(std::int64_t height, std::int64_t width, const NoiseKey& key = {}) const {
    check(margin >= 0 && margin < 0.5, "mask", "a margin of ", margin, " of a side cannot be: 0 to less than 0.5");
    auto mask = detail::filled(height, width);
    auto uniform = detail::numbers(key, "box mask");
    const auto place = [&](std::int64_t side, std::int64_t size_here) {
      const std::int64_t away = std::llround(margin * double(side)), room = side - 2 * away - size_here;
      check(room >= 0, "mask", "a box of ", size_here, " pixels and a margin of ", away, " do not fit a side of ",
            side);
      return away + uniform.below(std::uint32_t(room + 1));
    };
    const std::int64_t h = detail::drawn(uniform, size, height), w = detail::drawn(uniform, size, width);
    const std::int64_t top = place(height, h), left = place(width, w);
    detail::fill_box(mask, {top, left, h, w}, 1);
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) { f("size", self.size), f("margin", self.margin); }
  friend constexpr bool operator==(const RandomBox&, const RandomBox&) = default;
};

/// Single pixels: `share` of them, rounded to a whole number but at least one, uniform over all such sets.
struct RandomPixels {
  double share = 0.5;
  Images<float> operator()(std::int64_t height, std::int64_t width, const NoiseKey& key = {}) const {
    check(share > 0 && share <= 1, "mask", "a share of ", share, " of the pixels cannot be");
    auto mask = detail::filled(height, width);
    auto uniform = detail::numbers(key, "pixel mask");
    auto left = std::uint32_t(mask.pixels.size());
    auto wanted = std::uint32_t(std::max<std::int64_t>(1, std::llround(share * double(left))));
    for (float& pixel : mask.pixels)  // Knuth's algorithm S
      if (uniform.below(left--) < wanted) {
        pixel = 1;
        --wanted;
      }
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) { f("share", self.share); }
  friend constexpr bool operator==(const RandomPixels&, const RandomPixels&) = default;
};

}  // namespace masks
}  // namespace hush::data
