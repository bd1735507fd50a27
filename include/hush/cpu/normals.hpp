#pragma once
#include <cstdint>

#include <hush/cpu/lanes.hpp>
#include <hush/random/normal.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Philox (random/philox.hpp) of two vectors of counters at once, so that one hides the latency of the other.
template <class Wide>
[[gnu::always_inline]] inline void philox(Wide (&x)[2], Wide (&y)[2], Wide (&z)[2], Wide (&w)[2], std::uint64_t key) {
  Wide k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
  simd::unrolled<10>([&](int) __attribute__((always_inline)) {
    for (int i = 0; i < 2; ++i) {
      const Wide a = product(x[i], 0xD2511F53u), b = product(z[i], 0xCD9E8D57u);
      x[i] = upper(b) ^ y[i] ^ k0;
      z[i] = upper(a) ^ w[i] ^ k1;
      y[i] = b;
      w[i] = a;
    }
    k0 = k0 + 0x9E3779B9u;
    k1 = k1 + 0xBB67AE85u;
  });
}

/// out[0..63] are the normals 4 * block .. 4 * block + 63 of a stream.
template <int bytes = 4 * simd::packet_size<float>>
void fill_64_normals(float* out, const Stream& stream, std::uint32_t block) {
  if constexpr (HUSH_CPU_HAS_LANES && bytes >= 32) {  // Eigen has no packets in code for nvcc
    using Wide = simd::WideLanes<bytes>;
    constexpr std::uint32_t size = Wide::size, both = 2 * size;
    Wide places;  // order of the counters in a vector, so that their numbers come out in order
    for (std::uint32_t lane = 0; lane < size; ++lane) places.v[lane] = lane / 2 + lane % 2 * (size / 2);
    for (std::uint32_t done = 0; done < 16; done += both) {
      Wide x[2] = {places + (block + done), places + (block + done + size)};
      Wide y[2] = {stream.image, stream.image}, z[2] = {stream.step, stream.step},
           w[2] = {stream.purpose, stream.purpose};
      philox(x, y, z, w, stream.seed);
      for (std::uint32_t i = 0; i < 2; ++i) {
        const NormalPair pair = box_muller(alternating(x[i], z[i]), alternating(y[i], w[i]));
        simd::store_interleaved(pair.first.v, pair.second.v, out + 4 * (done + size * i));
      }
    }
  } else {
    // Plain loops, which compilers make vector code of.
    constexpr int lanes = 16;
    std::uint32_t words[4][lanes];
    float normals[4][lanes];
    for (int i = 0; i < lanes; ++i) {
      const Words w = random_words(stream, block + std::uint32_t(i));
      words[0][i] = w.x;
      words[1][i] = w.y;
      words[2][i] = w.z;
      words[3][i] = w.w;
    }
    for (int half = 0; half < 4; half += 2)
      for (int i = 0; i < lanes; ++i) {
        const NormalPair pair = box_muller(words[half][i], words[half + 1][i]);
        normals[half][i] = pair.first;
        normals[half + 1][i] = pair.second;
      }
    for (int i = 0; i < lanes; ++i)
      for (int k = 0; k < 4; ++k) out[4 * i + k] = normals[k][i];
  }
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
