#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hush/data/lab_bytes.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/resize.hpp>
#include <hush/images.hpp>

namespace hush::data {

/// Conversion of a number in [-1, 1] to a byte. `truncated` truncates (x + 1) * 255 / 2 in float, as a cast to an
/// integer type does: 95 of the 256 bytes that became floats by v * 2 / 255 - 1 come back one lower. `rounded` gives
/// all of them back.
enum class ToByte { rounded, truncated };

/// Colour pictures for colourisation, in OpenCV's 8-bit Lab: `lightness` [N, H, W, 1] is known, `ab` [N, h, w, 2] is
/// generated. Both are v * 2 / 255 - 1 of a byte v, so that neutral colours have ab = .0039, not 0.
struct LabPlanes {
  Images<float> lightness, ab;
};

/// RGB images [N, H, W, 3] into their lightness and their ab, each of the images' size, in [-1, 1]. Throws
/// std::invalid_argument for other than 3 channels.
inline LabPlanes split_lab(const Images<std::uint8_t>& images) {
  check(images.channels == 3, "split_lab", "wants the 3 channels red, green and blue, got ", images.channels);
  const Images<std::uint8_t> lab = rgb_to_lab_bytes(images);
  LabPlanes planes{{images.count, images.height, images.width, 1}, {images.count, images.height, images.width, 2}};
  const auto normalised = [](std::uint8_t byte) { return float(byte * 2. / 255 - 1); };
  for (std::size_t i = 0; i < planes.lightness.pixels.size(); ++i) {
    planes.lightness.pixels[i] = normalised(lab.pixels[3 * i]);
    planes.ab.pixels[2 * i] = normalised(lab.pixels[3 * i + 1]);
    planes.ab.pixels[2 * i + 1] = normalised(lab.pixels[3 * i + 2]);
  }
  return planes;
}

/// The RGB pictures [N, H, W, 3] of a lightness and an ab; an ab of another size is resized to that of the lightness,
/// bilinearly. Values outside [-1, 1] are clamped. Throws std::invalid_argument for numbers of images or channels that
/// do not fit, no pixels, and NaN.
inline Images<std::uint8_t> merge_lab(const LabPlanes& planes, ToByte rule = ToByte::rounded) {
  const Images<float>&light = planes.lightness, &ab = planes.ab;
  check(light.channels == 1 && ab.channels == 2, "merge_lab", "wants 1 channel of lightness and 2 of ab, got ",
        light.channels, " and ", ab.channels);
  check(light.count == ab.count, "merge_lab", light.count, " images of lightness for ", ab.count, " of ab");
  check(light.count == 0 || light.stride() > 0, "merge_lab", "the lightness has no pixels");
  check(ab.count == 0 || ab.stride() > 0, "merge_lab", "ab has no pixels");
  const auto numbers = [](const Images<float>& images) {
    return std::ranges::none_of(images.pixels, [](float v) { return std::isnan(v); });
  };
  check(numbers(light), "merge_lab", "the lightness has NaN in it");
  check(numbers(ab), "merge_lab", "ab has NaN in it");
  if (light.count == 0) return {0, light.height, light.width, 3};

  const Images<float> colour = resize(ab, light.height, light.width);
  Images<float> lab(light.count, light.height, light.width, 3);
  for (std::size_t i = 0; i < light.pixels.size(); ++i) {
    lab.pixels[3 * i] = light.pixels[i];
    std::copy_n(&colour.pixels[2 * i], 2, &lab.pixels[3 * i + 1]);
  }
  if (rule == ToByte::rounded) return lab_bytes_to_rgb(to_bytes(lab));
  Images<std::uint8_t> bytes(lab.count, lab.height, lab.width, 3);
  std::ranges::transform(lab.pixels, bytes.pixels.begin(),
                         [](float v) { return std::uint8_t(std::clamp((v + 1.f) * 255.f / 2.f, 0.f, 255.f)); });
  return lab_bytes_to_rgb(bytes);
}

}  // namespace hush::data
