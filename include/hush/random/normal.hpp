#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <hush/host_device.hpp>
#include <hush/random/philox.hpp>

// Normal numbers that are the same floats on every machine, compiler and optimisation level: Box and Muller 1958 on our
// own polynomials. Each multiplication that is followed by an addition is written as one fma, so that nothing is left
// to a compiler that contracts; the products that are handed out are fma(a, b, 0), which no caller's sum can swallow.
// There is no branch and no call of libm. The functions take one number, or a vector of them that has the operators and
// the four functions below (see hush/cpu/lanes.hpp).
namespace hush {

/// a b + c, rounded once.
HUSH_HOST_DEVICE inline float fused(float a, float b, float c) { return std::fma(a, b, c); }
/// The float with these bits.
HUSH_HOST_DEVICE inline float as_float(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }
/// The bits of a float.
HUSH_HOST_DEVICE inline std::uint32_t as_word(float x) { return __builtin_bit_cast(std::uint32_t, x); }
/// The word as a signed number, rounded to a float: signed, because that is one vector instruction.
HUSH_HOST_DEVICE inline float to_float(std::uint32_t word) { return float(std::int32_t(word)); }
/// The word as a signed number, over 2^23, rounded down.
HUSH_HOST_DEVICE inline std::uint32_t exponent_of(std::uint32_t word) {
  return std::uint32_t(std::int32_t(word) >> 23);
}

/// Two independent normal numbers.
template <class Float>
struct NormalPair {
  Float first, second;
};

/// -2 ln(u / 2^32) with u = word + 1/2, rounded to a float; in [0, 45.8], within 2 ulp of that of the rounded u.
template <class Word>
HUSH_HOST_DEVICE inline auto minus_two_log(Word word) {
  static_assert(!std::is_signed_v<Word>, "minus_two_log: wants words without sign");
  // Rounds once: both halves of the word plus 1/2.
  const auto u = fused(to_float(word >> 16), 65536.f, to_float(2u * (word & 0xffffu) + 1u) * 0.5f);
  // u = 2^exponent * (1 + f) with 1 + f in [2/3, 4/3).
  const Word shifted = as_word(u) - 0x3f2aaaabu;
  const auto f = as_float((shifted & 0x007fffffu) + 0x3f2aaaabu) - 1.f;
  // ln(1 + f) = f + f^2 p(f); p is the minimax polynomial on [-1/3, 1/3], relative error 5e-9.
  auto p = fused(f, -0x1.09312ep-3f, 0x1.1ed14ap-3f);
  p = fused(p, f, -0x1.f25e30p-4f);
  p = fused(p, f, 0x1.1ebe66p-3f);
  p = fused(p, f, -0x1.55a750p-3f);
  p = fused(p, f, 0x1.99d1f2p-3f);
  p = fused(p, f, -0x1.fffe84p-3f);
  p = fused(p, f, 0x1.555502p-2f);
  p = fused(p, f, -0.5f);
  const auto log1p = fused(f * f, p, f);
  // -2 ln 2 in two floats.
  const auto octaves = to_float(exponent_of(shifted) - 32u);
  return fused(octaves, -0x1.62e430p+0f, fused(octaves, 0x1.05c610p-28f, -2.f * log1p));
}

/// The square root of a number in [0, 2^60] by Newton's rule for 1/sqrt; within 1 ulp. (The compiler's own would check
/// errno on the host and may be an approximation on a device.)
template <class Float>
HUSH_HOST_DEVICE inline Float square_root(Float x) {
  static_assert(!std::is_integral_v<Float>, "square_root: wants floats");
  const Float half = 0.5f * x;
  Float r = as_float(0x5f3759dfu - (as_word(x) >> 1));
  r = r * fused(-half * r, r, 1.5f);
  r = r * fused(-half * r, r, 1.5f);
  const Float root = x * r;
  return fused(fused(-root, root, x), 0.5f * r, root);
}

/// radius * (cos, sin) of the angle word / 2^32 turns; the reduction to an eighth of a turn is exact, in integers.
template <class Float, class Word>
HUSH_HOST_DEVICE inline NormalPair<Float> on_circle(Float radius, Word word) {
  static_assert(!std::is_integral_v<Float> && !std::is_signed_v<Word>, "on_circle: wants a float and a word");
  const Word quarter = (word + 0x20000000u) >> 30;
  const Float t = to_float(word - (quarter << 30)) * 0x1p-30f;  // quarter turns, in [-1/2, 1/2]
  const Float tt = t * t;
  // sin(pi/2 t) and cos(pi/2 t); minimax polynomials in t^2, errors 4e-9 and 5e-11.
  Float s = fused(tt, -0x1.2dd046p-8f, 0x1.466030p-4f);
  s = fused(s, tt, -0x1.4abbc0p-1f);
  const Float sine = fused(t, 0x1.921fb6p+0f, t * fused(s, tt, -0x1.777a5cp-25f));
  Float c = fused(tt, 0x1.d9f7bap-11f, -0x1.55c664p-6f);
  c = fused(c, tt, 0x1.03c1dep-2f);
  c = fused(c, tt, -0x1.3bd3ccp+0f);
  const Float cosine = fused(c, tt, 1.f);
  // Turn by whole quarters: swap when odd, then set the signs.
  const Word swap = 0u - (quarter & 1u);
  const Word a = as_word(cosine), b = as_word(sine);
  const Word x = ((a & ~swap) | (b & swap)) ^ (((quarter + 1u) & 2u) << 30);
  const Word y = ((b & ~swap) | (a & swap)) ^ ((quarter & 2u) << 30);
  return {fused(radius, as_float(x), 0.f), fused(radius, as_float(y), 0.f)};
}

/// Two independent N(0, 1) numbers from two words. The largest magnitude is 6.77, that of the smallest of 2^32 radii.
template <class Word>
HUSH_HOST_DEVICE inline auto box_muller(Word radius, Word angle) {
  return on_circle(square_root(minus_two_log(radius)), angle);
}

/// Normal number `element` of a stream: what `fill_normal` writes there, computed alone.
HUSH_HOST_DEVICE inline float normal_at(const Stream& stream, std::uint64_t element) {
  const Words words = random_words(stream, std::uint32_t(element >> 2));
  const NormalPair pair = element & 2 ? box_muller(words.z, words.w) : box_muller(words.x, words.y);
  return element & 1 ? pair.second : pair.first;
}

}  // namespace hush
