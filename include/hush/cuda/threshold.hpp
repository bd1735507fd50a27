#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/pieces.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// The bits of |x|: as whole numbers they have the order of the magnitudes, and NaN are the largest.
HUSH_HOST_DEVICE inline std::uint32_t magnitude_bits(float x) {
  return __builtin_bit_cast(std::uint32_t, x) & 0x7fffffffu;
}
HUSH_HOST_DEVICE inline double magnitude(std::uint32_t bits) { return double(__builtin_bit_cast(float, bits)); }

/// Body: a team an image. The order statistic that the quantile stands on is found bit by bit from the top, each time
/// by counting the smaller numbers; nothing is sorted or stored.
struct ThresholdImages {
  static constexpr int most_members = 1024;
  std::int64_t images, stride;
  double ratio, largest;
  float* x0;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const double place = ratio * double(stride - 1), before = std::floor(place);
    for (std::int64_t image = team.block(); image < images; image += team.blocks()) {
      float* x = x0 + image * stride;
      const std::uint32_t lower = in_order(team, x, std::int64_t(before));
      const double low = magnitude(lower);
      double s = low;
      if (place != before) {
        const double high = magnitude(next(team, x, std::int64_t(before), lower));
        s = std::fma(place - before, high - low, low);
      }
      const float limit = float(std::fmin(std::fmax(s, 1.0), largest));
      team.sync();  // all have read what they are about to change
      for (std::int64_t i = 8 * team.rank(); i < stride; i += 8 * team.size()) {
        Vec8 v = Vec8::load(x + i, stride - i);
        for (int k = 0; k < 8; ++k) v.v[k] = (v.v[k] < -limit ? -limit : v.v[k] > limit ? limit : v.v[k]) / limit;
        v.store(x + i, stride - i);
      }
      team.sync();
    }
  }

 private:
  /// How many of the image's magnitudes are below a number.
  template <class Team>
  HUSH_HOST_DEVICE std::int64_t below(const Team& team, const float* x, std::uint32_t bits) const {
    std::int64_t count = 0;
    for (std::int64_t i = 8 * team.rank(); i < stride; i += 8 * team.size()) {
      const Vec8 v = Vec8::load(x + i, stride - i);
      for (int k = 0; k < 8; ++k) count += i + k < stride && magnitude_bits(v.v[k]) < bits;
    }
    return team.sum(count);
  }
  /// Magnitude number k in order, from 0: the largest number that at most k of them are below.
  template <class Team>
  HUSH_HOST_DEVICE std::uint32_t in_order(const Team& team, const float* x, std::int64_t k) const {
    std::uint32_t found = 0;
    for (std::uint32_t bit = 1u << 30; bit > 0; bit >>= 1)
      if (below(team, x, found | bit) <= k) found |= bit;
    return found;
  }
  /// Magnitude number k + 1, where number k is known.
  template <class Team>
  HUSH_HOST_DEVICE std::uint32_t next(const Team& team, const float* x, std::int64_t k, std::uint32_t known) const {
    if (below(team, x, known + 1) > k + 1) return known;
    std::uint32_t nearest = 0;  // the least of those above, as the greatest of their complements
    for (std::int64_t i = team.rank(); i < stride; i += team.size()) {
      const std::uint32_t bits = magnitude_bits(x[i]), complement = bits > known ? ~bits : 0u;
      nearest = nearest < complement ? complement : nearest;
    }
    return ~team.max(nearest);
  }
};
}  // namespace bodies

/// x0 = clamp(x0, -s, s) / s for images of `stride` numbers, with s = min(max(quantile(|x0|, ratio), 1), largest) of
/// each (tensor/threshold.hpp). The CPU's floats.
template <class P, class M>
void threshold_images(const Cuda<P, M>& on, std::int64_t images, std::int64_t stride, double ratio, double largest,
                      float* x0) {
  if (images <= 0) return;
  const std::int64_t members = (stride + 7) / 8 < 1024 ? ((stride + 7) / 8 + 31) / 32 * 32 : 1024;
  launch(on, bodies::ThresholdImages{images, stride, ratio, largest, x0},
         {.teams = images < 16384 ? images : 16384, .threads = int(members)});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
