#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <hush/images.hpp>
#include <hush/metrics/per_image.hpp>

namespace hush::metrics {

/// The colourfulness of each RGB picture: the metric M^(3) of Hasler and Suesstrunk 2003, from the means and deviations
/// of R - G and (R + G) / 2 - B over its pixels, on the scale of bytes. 0 is grey, 15 slightly, 33 moderately, 45
/// averagely, 59 quite, 82 highly, 109 extremely colourful. Throws std::invalid_argument for other than 3 channels, no
/// pixels, NaN.
template <Pixel T>
PerImage colourfulness(const Images<T>& images) {
  check(images.channels == 3, "colourfulness", "wants the 3 channels red, green and blue, got ", images.channels);
  check_measurable("colourfulness", images);
  PerImage out;
  const double pixels = double(images.height * images.width);
  for (std::int64_t i = 0; i < images.count; ++i) {
    const std::span<const T> image = images[i];
    const auto each = [&](auto&& see) {
      for (std::size_t j = 0; j < image.size(); j += 3) {
        const double r = level(image[j]), g = level(image[j + 1]), b = level(image[j + 2]);
        see(r - g, (r + g) / 2 - b);
      }
    };
    double red_green = 0, yellow_blue = 0, squares = 0;
    each([&](double rg, double yb) {
      red_green += rg;
      yellow_blue += yb;
    });
    red_green /= pixels;
    yellow_blue /= pixels;
    each([&](double rg, double yb) {
      squares += (rg - red_green) * (rg - red_green) + (yb - yellow_blue) * (yb - yellow_blue);
    });
    out.values.push_back(std::sqrt(squares / pixels) + 0.3 * std::hypot(red_green, yellow_blue));
  }
  return out;
}

}  // namespace hush::metrics
