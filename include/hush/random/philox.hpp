#pragma once
#include <cstdint>
#include <string_view>

#include <hush/host_device.hpp>

namespace hush {

/// Four random words, what one call of Philox gives.
struct Words {
  std::uint32_t x = 0, y = 0, z = 0, w = 0;
  friend constexpr bool operator==(const Words&, const Words&) = default;
};

/// Philox4x32-10: a bijection of 128-bit counters, a different one for each key; no state, the same on every machine.
/// Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
constexpr HUSH_HOST_DEVICE Words philox(Words counter, std::uint64_t key) {
  std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t(0xD2511F53u) * counter.x, b = std::uint64_t(0xCD9E8D57u) * counter.z;
    counter = {std::uint32_t(b >> 32) ^ counter.y ^ k0, std::uint32_t(b), std::uint32_t(a >> 32) ^ counter.w ^ k1,
               std::uint32_t(a)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return counter;
}

// The three known answers that the authors publish for it.
static_assert(philox({0, 0, 0, 0}, 0) == Words{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
static_assert(philox({~0u, ~0u, ~0u, ~0u}, ~std::uint64_t(0)) ==
              Words{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
static_assert(philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, 0x299f31d0a4093822u) ==
              Words{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});

/// The key of what a random number is for: a hash (FNV-1a) of a word and an ordinal, such as the draw within a step or
/// the layer, so that no central list is needed: `purpose("noise", 1)`.
constexpr std::uint32_t purpose(std::string_view word, std::uint32_t ordinal = 0) {
  std::uint32_t hash = 2166136261u;
  for (const char letter : word) hash = (hash ^ std::uint32_t(static_cast<unsigned char>(letter))) * 16777619u;
  for (int byte = 0; byte < 4; ++byte) hash = (hash ^ ((ordinal >> (8 * byte)) & 0xffu)) * 16777619u;
  return hash;
}

namespace detail {
/// The ordinals of two draws that no sampler makes: the start of a run, and the noise on known pixels.
inline constexpr int start_draw = -1, known_draw = -2;
}  // namespace detail

/// The purpose of a draw of a sampling run, the ordinal-th of its step.
constexpr std::uint32_t draw_purpose(int ordinal) {
  if (ordinal == detail::start_draw) return purpose("start");
  return ordinal == detail::known_draw ? purpose("known") : purpose("draw", std::uint32_t(ordinal));
}

/// Names one sequence of random words: those of one image, in one step, for one purpose, under one seed.
/// Word number `element` of it is a pure function of these five numbers.
struct Stream {
  std::uint64_t seed = 0;
  std::uint32_t image = 0, step = 0, purpose = 0;
  friend constexpr bool operator==(const Stream&, const Stream&) = default;
};

/// Words 4*block .. 4*block+3 of a stream.
constexpr HUSH_HOST_DEVICE Words random_words(const Stream& stream, std::uint32_t block) {
  return philox({block, stream.image, stream.step, stream.purpose}, stream.seed);
}

/// Word number `element` of a stream; element = (h*W + w)*C + c within an image.
constexpr HUSH_HOST_DEVICE std::uint32_t random_word(const Stream& stream, std::uint64_t element) {
  const Words words = random_words(stream, std::uint32_t(element >> 2));
  const std::uint32_t lower = element & 1 ? words.y : words.x, upper = element & 1 ? words.w : words.z;
  return element & 2 ? upper : lower;
}

/// A float in (0, 1] from a word: a multiple of 2^-24, never 0, so that its logarithm is finite.
constexpr HUSH_HOST_DEVICE float uniform01(std::uint32_t word) { return float((word >> 8) + 1) * 0x1p-24f; }

/// A double in [0, 1) from two words: a multiple of 2^-53.
constexpr HUSH_HOST_DEVICE double uniform01(std::uint32_t high, std::uint32_t low) {
  return double(((std::uint64_t(high) << 32) | low) >> 11) * 0x1p-53;
}

/// A whole number in 0..count-1 from two words; none is likelier than another by more than count * 2^-64.
constexpr HUSH_HOST_DEVICE std::uint32_t random_below(std::uint32_t count, std::uint32_t high, std::uint32_t low) {
  const std::uint64_t carried = std::uint64_t(count) * low >> 32;
  return std::uint32_t((std::uint64_t(count) * high + carried) >> 32);
}

/// Uniform numbers one after the other, for the host's decisions (which level, which crop): number n takes the first
/// two words of block n of the stream. Level distributions take it; the stream's image is number `place` of a batch of
/// `batch` images with consecutive numbers.
struct Uniform {
  Stream stream;
  std::uint32_t next = 0, place = 0, batch = 1;

  /// A double in [0, 1).
  constexpr double operator()() {
    const Words words = random_words(stream, next++);
    return uniform01(words.x, words.y);
  }

  /// A whole number in 0..count-1.
  constexpr std::uint32_t below(std::uint32_t count) {
    const Words words = random_words(stream, next++);
    return random_below(count, words.x, words.y);
  }

  /// The numbers of the image before this one in the batch, from the first on; place 0 has none before it.
  constexpr Uniform before() const {
    return {{stream.seed, stream.image - 1, stream.step, stream.purpose}, 0, place - 1, batch};
  }
};

}  // namespace hush
