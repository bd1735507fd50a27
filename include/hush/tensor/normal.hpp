#pragma once
#include <cmath>
#include <cstdint>

#include <hush/host_device.hpp>
#include <hush/tensor/random.hpp>

// Normal numbers that are the same floats on every machine, compiler and optimisation level: Box and Muller 1958 on our
// own polynomials. Each multiplication that is followed by an addition is written as one fma, so that nothing is left
// to a compiler that contracts; the products that are handed out are fma(a, b, 0), which no caller's sum can swallow.
// There is no branch and no call of libm, so that a loop over it becomes vector code.
namespace hush {

/// Two independent normal numbers.
struct NormalPair {
  float first, second;
};

/// -2 ln(u / 2^32) with u = word + 1/2, rounded to a float; in [0, 45.8], within 2 ulp of that of the rounded u.
HUSH_HOST_DEVICE inline float minus_two_log(std::uint32_t word) {
  // Rounds once: both halves of the word plus 1/2. Signed conversions, because those are vector instructions.
  const float u =
      std::fma(float(std::int32_t(word >> 16)), 65536.f, float(std::int32_t(2 * (word & 0xffffu) + 1)) * 0.5f);
  // u = 2^exponent * (1 + f) with 1 + f in [2/3, 4/3).
  const std::uint32_t shifted = __builtin_bit_cast(std::uint32_t, u) - 0x3f2aaaabu;
  const std::int32_t exponent = std::int32_t(shifted) >> 23;
  const float f = __builtin_bit_cast(float, (shifted & 0x007fffffu) + 0x3f2aaaabu) - 1.f;
  // ln(1 + f) = f + f^2 p(f); p is the minimax polynomial on [-1/3, 1/3], relative error 5e-9.
  float p = -0x1.09312ep-3f;
  p = std::fma(p, f, 0x1.1ed14ap-3f);
  p = std::fma(p, f, -0x1.f25e30p-4f);
  p = std::fma(p, f, 0x1.1ebe66p-3f);
  p = std::fma(p, f, -0x1.55a750p-3f);
  p = std::fma(p, f, 0x1.99d1f2p-3f);
  p = std::fma(p, f, -0x1.fffe84p-3f);
  p = std::fma(p, f, 0x1.555502p-2f);
  p = std::fma(p, f, -0.5f);
  const float log1p = std::fma(f * f, p, f);
  // -2 ln 2 in two floats.
  const float octaves = float(exponent - 32);
  return std::fma(octaves, -0x1.62e430p+0f, std::fma(octaves, 0x1.05c610p-28f, -2.f * log1p));
}

/// The square root of a number in [0, 2^60] by Newton's rule for 1/sqrt; within 1 ulp. (The compiler's own would check
/// errno on the host and may be an approximation on a device.)
HUSH_HOST_DEVICE inline float square_root(float x) {
  const float half = 0.5f * x;
  float r = __builtin_bit_cast(float, 0x5f3759dfu - (__builtin_bit_cast(std::uint32_t, x) >> 1));
  r = r * std::fma(-half * r, r, 1.5f);
  r = r * std::fma(-half * r, r, 1.5f);
  const float root = x * r;
  return std::fma(std::fma(-root, root, x), 0.5f * r, root);
}

/// radius * (cos, sin) of the angle word / 2^32 turns; the reduction to an eighth of a turn is exact, in integers.
HUSH_HOST_DEVICE inline NormalPair on_circle(float radius, std::uint32_t word) {
  const std::uint32_t quarter = (word + 0x20000000u) >> 30;
  const float t = float(std::int32_t(word - (quarter << 30))) * 0x1p-30f;  // quarter turns, in [-1/2, 1/2]
  const float tt = t * t;
  // sin(pi/2 t) and cos(pi/2 t); minimax polynomials in t^2, errors 4e-9 and 5e-11.
  float s = std::fma(-0x1.2dd046p-8f, tt, 0x1.466030p-4f);
  s = std::fma(s, tt, -0x1.4abbc0p-1f);
  const float sine = std::fma(t, 0x1.921fb6p+0f, t * std::fma(s, tt, -0x1.777a5cp-25f));
  float c = std::fma(0x1.d9f7bap-11f, tt, -0x1.55c664p-6f);
  c = std::fma(c, tt, 0x1.03c1dep-2f);
  c = std::fma(c, tt, -0x1.3bd3ccp+0f);
  const float cosine = std::fma(c, tt, 1.f);
  // Turn by whole quarters: swap when odd, then set the signs.
  const std::uint32_t swap = 0u - (quarter & 1u);
  const std::uint32_t a = __builtin_bit_cast(std::uint32_t, cosine), b = __builtin_bit_cast(std::uint32_t, sine);
  const std::uint32_t x = ((a & ~swap) | (b & swap)) ^ (((quarter + 1u) & 2u) << 30);
  const std::uint32_t y = ((b & ~swap) | (a & swap)) ^ ((quarter & 2u) << 30);
  return {std::fma(radius, __builtin_bit_cast(float, x), 0.f), std::fma(radius, __builtin_bit_cast(float, y), 0.f)};
}

/// Two independent N(0, 1) numbers from two words. The largest magnitude is 6.77, that of the smallest of 2^32 radii.
HUSH_HOST_DEVICE inline NormalPair box_muller(std::uint32_t radius, std::uint32_t angle) {
  return on_circle(square_root(minus_two_log(radius)), angle);
}

/// Normal number `element` of a stream: what `fill_normal` writes there, computed alone.
HUSH_HOST_DEVICE inline float normal_at(const Stream& stream, std::uint64_t element) {
  const Words words = random_words(stream, std::uint32_t(element >> 2));
  const NormalPair pair = element & 2 ? box_muller(words.z, words.w) : box_muller(words.x, words.y);
  return element & 1 ? pair.second : pair.first;
}

inline namespace HUSH_CPU_ABI {

/// Four whole blocks of 16 counters: out[0..63] are the normals 4*block .. 4*block+63 of a stream, as vector code.
inline void fill_64_normals(float* out, const Stream& stream, std::uint32_t block) {
  constexpr int lanes = 16;
  std::uint32_t words[4][lanes];
  float normals[4][lanes];
  for (int i = 0; i < lanes; ++i) {
    const Words w = random_words(stream, block + std::uint32_t(i));
    words[0][i] = w.x, words[1][i] = w.y, words[2][i] = w.z, words[3][i] = w.w;
  }
  for (int i = 0; i < lanes; ++i) {
    const NormalPair a = box_muller(words[0][i], words[1][i]);
    normals[0][i] = a.first, normals[1][i] = a.second;
  }
  for (int i = 0; i < lanes; ++i) {
    const NormalPair b = box_muller(words[2][i], words[3][i]);
    normals[2][i] = b.first, normals[3][i] = b.second;
  }
  for (int i = 0; i < lanes; ++i)
    for (int k = 0; k < 4; ++k) out[4 * i + k] = normals[k][i];
}

/// out[0..count) = normals first .. first+count-1 of a stream, each the very float that `normal_at` gives.
inline void fill_normal(float* out, std::int64_t first, std::int64_t count, const Stream& stream) {
  const std::int64_t end = first + count;
  std::int64_t element = first;
  for (; element < end && element % 4 != 0; ++element) *out++ = normal_at(stream, std::uint64_t(element));
  for (; end - element >= 64; element += 64, out += 64) fill_64_normals(out, stream, std::uint32_t(element / 4));
  if (element == end) return;
  float rest[64];
  fill_64_normals(rest, stream, std::uint32_t(element / 4));
  for (int i = 0; i < 64 && element < end; ++i, ++element) *out++ = rest[i];
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
