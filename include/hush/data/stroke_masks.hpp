#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include <hush/data/brush.hpp>
#include <hush/data/masks.hpp>

namespace hush::data::masks {

namespace detail {

/// A random angle of up to so many turns, in 2^-16 turns.
inline std::int64_t drawn_angle(Uniform& uniform, double turns) {
  check(turns >= 0 && turns <= 1, "mask", "an angle of ", turns, " turns cannot be");
  return uniform.below(std::uint32_t(std::llround(turns * 65536)) + 1);
}

}  // namespace detail

/// Irregular strokes: each starts anywhere and goes on in a few straight pieces, every one with an angle (up to `turn`
/// turns; every second stroke is mirrored), a length and a width of its own. Redrawn until the share of the image's
/// area is within `area`. Palette's figures, pixels of 256; lengths and widths are shares of the shorter side.
struct Irregular {
  Counts strokes{4, 7}, pieces{1, 5};
  Shares length{10 / 256., 100 / 256.}, width{10 / 256., 40 / 256.};
  double turn = 0.637;  // 4 radians
  Shares area{0.15, 0.5};

  Images<float> operator()(std::int64_t h, std::int64_t w, const NoiseKey& key = {}) const {
    check(0 <= area.least && area.least <= area.most && area.most <= 1, "mask", "from ", area.least, " to ", area.most,
          " of the area cannot be");
    auto uniform = detail::numbers(key, "irregular mask");
    constexpr int most = 1000;
    for (int attempt = 0; attempt < most; ++attempt) {
      Images<float> mask = strokes_of(h, w, uniform);
      const auto holes = double(std::count(mask.pixels.begin(), mask.pixels.end(), 1.f)), all = double(h * w);
      if (area.least * all <= holes && holes <= area.most * all) return mask;
    }
    throw std::invalid_argument(to_text("[mask] none of ", most, " with such strokes covers ", area.least, " to ",
                                        area.most, " of ", h, " x ", w, " pixels"));
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("strokes", self.strokes), f("pieces", self.pieces), f("length", self.length), f("width", self.width),
        f("turn", self.turn), f("area", self.area);
  }
  friend constexpr bool operator==(const Irregular&, const Irregular&) = default;

 private:
  Images<float> strokes_of(std::int64_t h, std::int64_t w, Uniform& uniform) const {
    auto mask = detail::filled(h, w);
    const std::int64_t side = std::min(h, w), count = detail::drawn(uniform, strokes);
    for (std::int64_t stroke = 0; stroke < count; ++stroke) {
      Point at{uniform.below(std::uint32_t(w)), uniform.below(std::uint32_t(h))};
      for (std::int64_t left = detail::drawn(uniform, pieces); left > 0; --left) {
        const std::int64_t drawn = detail::drawn_angle(uniform, turn), angle = stroke % 2 ? drawn : -drawn;
        const std::int64_t far = detail::drawn(uniform, length, side), thick = detail::drawn(uniform, width, side);
        const Point next{std::clamp(at.x + far * sine(angle) / 65536, -w, 2 * w),
                         std::clamp(at.y + far * cosine(angle) / 65536, -h, 2 * h)};
        draw_line(mask, at, next, thick);
        at = next;
      }
    }
    return mask;
  }
};

/// Free-form strokes (Yu et al. 2019, "Free-form image inpainting with gated convolution"): each starts anywhere and
/// zigzags, in pieces about an eighth of the diagonal long, at an angle around `mean_angle` that is mirrored at every
/// corner; the whole is mirrored at random. Angles are turns, widths shares of the shorter side.
struct FreeForm {
  Counts strokes{1, 3}, corners{4, 11};
  double mean_angle = 1 / 5., angle_range = 1 / 15.;
  Shares width{12 / 256., 40 / 256.};

  Images<float> operator()(std::int64_t h, std::int64_t w, const NoiseKey& key = {}) const {
    auto mask = detail::filled(h, w);
    check(mean_angle >= 0 && mean_angle <= 1, "mask", "an angle of ", mean_angle, " turns cannot be");
    auto uniform = detail::numbers(key, "free-form mask");
    const bool mirror_x = uniform.below(2), mirror_y = uniform.below(2);
    const auto mirrored = [&](const Point& p) {
      return Point{mirror_x ? w - 1 - p.x : p.x, mirror_y ? h - 1 - p.y : p.y};
    };
    const std::int64_t mean_length = std::llround(32 * std::sqrt(double(h * h + w * w)));  // in 2^-8 pixels
    const auto mean = std::int64_t(std::llround(mean_angle * 65536));
    for (std::int64_t count = detail::drawn(uniform, strokes); count > 0; --count) {
      const std::int64_t lowest = mean - detail::drawn_angle(uniform, angle_range);
      const std::int64_t highest = mean + detail::drawn_angle(uniform, angle_range);
      const std::int64_t thick = detail::drawn(uniform, width, std::min(h, w));
      Point at{uniform.below(std::uint32_t(w)), uniform.below(std::uint32_t(h))};
      draw_line(mask, mirrored(at), mirrored(at), thick);
      for (std::int64_t corner = 0, all = detail::drawn(uniform, corners); corner < all; ++corner) {
        const std::int64_t drawn = lowest + uniform.below(std::uint32_t(highest - lowest + 1));
        const std::int64_t angle = corner % 2 ? drawn : -drawn, length = piece(mean_length, uniform);
        const Point next{std::clamp<std::int64_t>(at.x + length * cosine(angle) / (65536 * 256), 0, w - 1),
                         std::clamp<std::int64_t>(at.y + length * sine(angle) / (65536 * 256), 0, h - 1)};
        draw_line(mask, mirrored(at), mirrored(next), thick);
        at = next;
      }
    }
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("strokes", self.strokes), f("corners", self.corners), f("mean_angle", self.mean_angle),
        f("angle_range", self.angle_range), f("width", self.width);
  }
  friend constexpr bool operator==(const FreeForm&, const FreeForm&) = default;

 private:
  /// Around `mean`, with half of it as standard deviation, at least 0 and at most twice the mean. The normal number is
  /// a sum of twelve uniform ones.
  static std::int64_t piece(std::int64_t mean, Uniform& uniform) {
    std::int64_t sum = 0;
    for (int i = 0; i < 12; ++i) sum += uniform.below(65536);
    return std::clamp<std::int64_t>(mean + mean * (sum - 6 * 65536) / (2 * 65536), 0, 2 * mean);
  }
};

/// A random box and free-form strokes together.
struct Hybrid {
  RandomBox box{};
  FreeForm strokes{};
  Images<float> operator()(std::int64_t height, std::int64_t width, const NoiseKey& key = {}) const {
    auto mask = box(height, width, key);
    const auto more = strokes(height, width, key);
    for (std::size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = std::max(mask.pixels[i], more.pixels[i]);
    return mask;
  }
  static constexpr void fields(auto& self, auto&& f) { f("box", self.box), f("strokes", self.strokes); }
  friend constexpr bool operator==(const Hybrid&, const Hybrid&) = default;
};

}  // namespace hush::data::masks
