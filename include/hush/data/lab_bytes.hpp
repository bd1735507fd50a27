#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hush/data/lab.hpp>
#include <hush/images.hpp>

namespace hush::data {

namespace detail {

/// The lookup tables of OpenCV's 8-bit conversions between sRGB and Lab, in fixed point; light is linear, 0..1.
struct LabTables {
  std::array<int, 256> light{};           // of an sRGB byte, times 2040
  std::array<int, 2041> root{};           // CIE's f of light i / 2040, times 2^15
  std::array<int, 256> luminance{};       // Y of a byte of lightness, times 2^14
  std::array<int, 256> luminance_root{};  // f(Y) of it, times 2^14
  std::array<std::uint8_t, 4096> byte{};  // the sRGB byte of light i / 4096

  LabTables() {
    for (int i = 0; i < 256; ++i) {
      light[std::size_t(i)] = int(std::lrint(2040 * linear_of_srgb(i / 255.)));
      // The lightness i * 100 / 255 is on the straight line of f up to 8, i = 20.4.
      const double f = i <= 20 ? i * 5. / (3 * 17 * 29) + 16. / 116 : (i * 100. / 255 + 16) / 116;
      luminance_root[std::size_t(i)] = int(std::lrint(16384 * f));
      luminance[std::size_t(i)] = int(std::lrint(16384 * (i <= 20 ? i * 180. / (17 * 29 * 29 * 29) : f * f * f)));
    }
    for (int i = 0; i < 2041; ++i) {
      const double x = i / 2040.;
      root[std::size_t(i)] = int(std::lrint(32768 * (x < .008856 ? 7.787 * x + .13793103 : std::cbrt(x))));
    }
    // Within 2e-4 of a tie, where OpenCV's roots in float fall on the other side.
    root[49] = 9454;
    root[628] = 22126;
    for (int i = 0; i < 4096; ++i) byte[std::size_t(i)] = std::uint8_t(std::lrint(255 * srgb_of_linear(i / 4096.)));
  }
};

inline const LabTables& lab_tables() {
  static const LabTables tables;
  return tables;
}

/// The inverse of f in units of 2^-14.
constexpr int cube(int f) { return f <= 3390 ? f * 108 / 841 - 290 : f * f / 16384 * f / 16384; }

}  // namespace detail

/// RGB images [N, H, W, 3] to OpenCV's 8-bit Lab: L * 255 / 100, a + 128, b + 128. These are the integers of OpenCV
/// 5.0.0's cvtColor(COLOR_RGB2Lab), bit for bit for all 2^24 colours (tools/make_lab_goldens.py). Throws
/// std::invalid_argument for other than 3 channels.
inline Images<std::uint8_t> rgb_to_lab_bytes(const Images<std::uint8_t>& images) {
  check(images.channels == 3, "rgb_to_lab_bytes", "wants the 3 channels red, green and blue, got ", images.channels);
  const detail::LabTables& of = detail::lab_tables();
  Images<std::uint8_t> out = images;
  for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
    std::uint8_t* const at = &out.pixels[i];
    const int red = of.light[at[0]], green = of.light[at[1]], blue = of.light[at[2]];
    // sRGB to XYZ over the white point, times 2^12; each row sums to 2^12.
    const auto root = [&](int r, int g, int b) {
      return of.root[std::size_t((r * red + g * green + b * blue + 2048) >> 12)];
    };
    const int x = root(1777, 1541, 778), y = root(871, 2929, 296), z = root(73, 448, 3575);
    // No colour comes out beyond 0..255: L spans 0..255, a 42..226, b 20..223.
    at[0] = std::uint8_t((296 * y - 1336934 + 16384) >> 15);
    at[1] = std::uint8_t((500 * (x - y) + (128 << 15) + 16384) >> 15);
    at[2] = std::uint8_t((200 * (y - z) + (128 << 15) + 16384) >> 15);
  }
  return out;
}

/// OpenCV's 8-bit Lab to RGB, out-of-gamut colours clamped: the integers of OpenCV 5.0.0's cvtColor(COLOR_Lab2RGB), bit
/// for bit for all 2^24 Labs. Bytes of Lab are coarse: the 2^24 colours share 2,135,993 of them, 1,962,132 come back as
/// they were and 12,141,814 within 1 in each channel. Throws std::invalid_argument for other than 3 channels.
inline Images<std::uint8_t> lab_bytes_to_rgb(const Images<std::uint8_t>& images) {
  check(images.channels == 3, "lab_bytes_to_rgb", "wants the 3 channels L, a and b, got ", images.channels);
  const detail::LabTables& of = detail::lab_tables();
  Images<std::uint8_t> out = images;
  for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
    std::uint8_t* const at = &out.pixels[i];
    const int f = of.luminance_root[at[0]], y = of.luminance[at[0]];
    // a / 500 and b / 200 in units of 2^-14, the first by OpenCV's multiplication (268435 / 2^13 for 2^14 / 500).
    const int x = detail::cube(f + ((268435 * at[1] + 128) >> 13) - 4194);
    const int z = detail::cube(f - (at[2] * 16384 / 200 - 10484));
    const auto byte = [&](int of_x, int of_y, int of_z) {
      return of.byte[std::size_t(std::clamp((of_x * x + of_y * y + of_z * z + 8192) >> 14, 0, 4095))];
    };
    at[0] = byte(12615, -6296, -2223);
    at[1] = byte(-3773, 7684, 185);
    at[2] = byte(217, -836, 4715);
  }
  return out;
}

}  // namespace hush::data
