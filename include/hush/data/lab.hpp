#pragma once
#include <array>
#include <cmath>
#include <cstddef>

#include <hush/data/pixels.hpp>
#include <hush/images.hpp>

namespace hush::data {

/// A colour in sRGB (IEC 61966-2-1), each component in 0..1; out-of-gamut colours lie outside.
struct Srgb {
  double red = 0, green = 0, blue = 0;
};

/// A colour in CIE 1976 L*a*b* under D65: lightness from 0 (black) to 100 (white), a from green (below 0) to red, b
/// from blue (below 0) to yellow. Greys have a = b = 0; the sRGB colours lie within a -86.2..98.3, b -107.9..94.5.
struct Lab {
  double lightness = 0, a = 0, b = 0;
};

namespace detail {

using Rows3 = std::array<std::array<double, 3>, 3>;

/// Linear sRGB to CIE XYZ; its rows sum to the white point, X = .95047 and Z = 1.08883.
inline constexpr Rows3 xyz_of_rgb{
    {{.4124564, .3575761, .1804375}, {.2126729, .7151522, .0721750}, {.0193339, .1191920, .9503041}}};

constexpr Rows3 inverse(const Rows3& m) {
  Rows3 cofactors{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      cofactors[i][j] = m[(i + 1) % 3][(j + 1) % 3] * m[(i + 2) % 3][(j + 2) % 3] -
                        m[(i + 1) % 3][(j + 2) % 3] * m[(i + 2) % 3][(j + 1) % 3];
  const double det = m[0][0] * cofactors[0][0] + m[0][1] * cofactors[0][1] + m[0][2] * cofactors[0][2];
  Rows3 out{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) out[i][j] = cofactors[j][i] / det;
  return out;
}
inline constexpr Rows3 rgb_of_xyz = inverse(xyz_of_rgb);

constexpr std::array<double, 3> product(const Rows3& m, double x, double y, double z) {
  std::array<double, 3> out{};
  for (std::size_t i = 0; i < 3; ++i) out[i] = m[i][0] * x + m[i][1] * y + m[i][2] * z;
  return out;
}

inline double linear_of_srgb(double c) { return c <= .04045 ? c / 12.92 : std::pow((c + .055) / 1.055, 2.4); }
inline double srgb_of_linear(double c) { return c <= .0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - .055; }

/// CIE's f: the cube root, and a straight line near black.
inline constexpr double line_end = 6. / 29;
inline double root_of(double t) {
  return t > line_end * line_end * line_end ? std::cbrt(t) : t / (3 * line_end * line_end) + 4. / 29;
}
inline double cube_of(double f) { return f > line_end ? f * f * f : 3 * line_end * line_end * (f - 4. / 29); }

}  // namespace detail

/// One colour from sRGB to CIE Lab, in double.
inline Lab lab_of(const Srgb& colour) {
  using namespace detail;
  const auto xyz =
      product(xyz_of_rgb, linear_of_srgb(colour.red), linear_of_srgb(colour.green), linear_of_srgb(colour.blue));
  static constexpr auto white = product(xyz_of_rgb, 1, 1, 1);
  const double x = root_of(xyz[0] / white[0]), y = root_of(xyz[1] / white[1]), z = root_of(xyz[2] / white[2]);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

/// One colour from CIE Lab to sRGB, in double, not clamped.
inline Srgb srgb_of(const Lab& colour) {
  using namespace detail;
  static constexpr auto white = product(xyz_of_rgb, 1, 1, 1);
  const double y = (colour.lightness + 16) / 116, x = y + colour.a / 500, z = y - colour.b / 200;
  const auto rgb = product(rgb_of_xyz, white[0] * cube_of(x), white[1] * cube_of(y), white[2] * cube_of(z));
  return {srgb_of_linear(rgb[0]), srgb_of_linear(rgb[1]), srgb_of_linear(rgb[2])};
}

/// RGB images [N, H, W, 3] in `range` ([-1, 1]) to CIE Lab [N, H, W, 3]: L 0..100, a, b. `to_srgb` gives them back to
/// within 9e-7 of the range's width for all 2^24 colours of 8 bits. Throws std::invalid_argument for other than 3
/// channels; NaN stays NaN.
inline Images<float> to_lab(const Images<float>& images, Range range = {}) {
  check(images.channels == 3, "to_lab", "wants the 3 channels red, green and blue, got ", images.channels);
  const double scale = 1 / (double(range.white) - range.black);
  Images<float> out = images;
  for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
    float* const at = &out.pixels[i];
    const Lab lab =
        lab_of({(at[0] - range.black) * scale, (at[1] - range.black) * scale, (at[2] - range.black) * scale});
    at[0] = float(lab.lightness);
    at[1] = float(lab.a);
    at[2] = float(lab.b);
  }
  return out;
}

/// The inverse of `to_lab`: CIE Lab [N, H, W, 3] to RGB in `range` ([-1, 1]). Out-of-gamut colours lie beyond the
/// range, and `to_bytes` clamps them. Throws std::invalid_argument for other than 3 channels; NaN stays NaN.
inline Images<float> to_srgb(const Images<float>& images, Range range = {}) {
  check(images.channels == 3, "to_srgb", "wants the 3 channels L, a and b, got ", images.channels);
  const double scale = double(range.white) - range.black;
  Images<float> out = images;
  for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
    float* const at = &out.pixels[i];
    const Srgb rgb = srgb_of({at[0], at[1], at[2]});
    at[0] = float(range.black + scale * rgb.red);
    at[1] = float(range.black + scale * rgb.green);
    at[2] = float(range.black + scale * rgb.blue);
  }
  return out;
}

}  // namespace hush::data
