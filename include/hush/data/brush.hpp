#pragma once
#include <algorithm>
#include <cstdint>

#include <hush/images.hpp>

namespace hush::data {

/// The coordinates of a pixel, possibly outside of the image.
struct Point {
  std::int64_t x = 0, y = 0;
  friend constexpr bool operator==(const Point&, const Point&) = default;
};

/// sin of an angle in 2^-16 turns, times 2^16, within 28: the odd polynomial of degree 5 with the right ends, in whole
/// numbers, so that a stroke that turns by it has the same pixels on every machine.
constexpr std::int64_t sine(std::int64_t angle) {
  constexpr std::int64_t quarter = 1 << 14;
  const std::int64_t part = angle & (2 * quarter - 1), z = part < quarter ? part : 2 * quarter - part;
  const std::int64_t z2 = z * z / quarter;
  const std::int64_t value = (102944 - (42048 - 4640 * z2 / quarter) * z2 / quarter) * z / quarter;
  return angle & (2 * quarter) ? -value : value;
}
constexpr std::int64_t cosine(std::int64_t angle) { return sine(angle + (1 << 14)); }

/// Sets to 1 the pixels of a mask [1, H, W, 1] whose centres lie no farther than `width` / 2 from the line between two
/// places: a stroke with round ends. Whole numbers only, exact for sides up to 8192 and places within a side's length
/// of the mask.
inline void draw_line(Images<float>& mask, const Point& from, const Point& to, std::int64_t width) {
  const std::int64_t reach = width / 2, dx = to.x - from.x, dy = to.y - from.y, length2 = dx * dx + dy * dy;
  const auto within = [limit = width * width](std::int64_t x, std::int64_t y) { return 4 * (x * x + y * y) <= limit; };
  const auto covers = [&](std::int64_t x, std::int64_t y) {
    const std::int64_t px = x - from.x, py = y - from.y, along = px * dx + py * dy, across = px * dy - py * dx;
    if (along <= 0) return within(px, py);
    if (along >= length2) return within(x - to.x, y - to.y);
    return 4 * across * across <= width * width * length2;
  };
  const auto [left, right] = std::minmax(from.x, to.x);
  const auto [top, bottom] = std::minmax(from.y, to.y);
  for (std::int64_t y = std::max<std::int64_t>(top - reach, 0); y <= std::min(bottom + reach, mask.height - 1); ++y)
    for (std::int64_t x = std::max<std::int64_t>(left - reach, 0); x <= std::min(right + reach, mask.width - 1); ++x)
      if (covers(x, y)) mask.pixels[std::size_t(y * mask.width + x)] = 1;
}

}  // namespace hush::data
