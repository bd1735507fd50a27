#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/norm_column.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: a team a slab of rows of x [pixels, channels]: y = (x - mean) factor + beta, the factor made once a column.
template <class T, int W>
struct NormaliseChannels {
  GroupNormSizes s;
  std::int64_t slabs;
  const T* x;
  const float *mean, *variance, *gamma, *beta;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t channels = s.channels, rows = rows_at_once<W>(channels, team.size());
    const Slab slab(team.block(), slabs, s.pixels);
    for (std::int64_t i = std::int64_t(team.rank()) * W; i < rows * channels; i += std::int64_t(team.size()) * W) {
      const std::int64_t c = i % channels;
      const Vec<W> centre = Vec<W>::load(mean + c), spread = Vec<W>::load(variance + c),
                   offset = Vec<W>::load(beta + c);
      Vec<W> factor = Vec<W>::load(gamma + c);
      for (int w = 0; w < W; ++w) factor.v[w] /= std::sqrt(spread.v[w] + float(s.eps));
      for (std::int64_t p = slab.begin + i / channels; p < slab.end; p += rows) {
        Vec<W> v = Vec<W>::load(x + p * channels + c);
        for (int w = 0; w < W; ++w) v.v[w] = (v.v[w] - centre.v[w]) * factor.v[w] + offset.v[w];
        v.store(y + p * channels + c);
      }
    }
  }
};

/// Body of running_changes.
struct RunningChanges {
  std::int64_t channels;
  float momentum, unbiased, eps;
  const float *mean, *rstd, *running_mean, *running_variance;
  float *to_mean, *to_variance;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t c = first_of(team); c < channels; c += all_of(team)) {
      const float biased = 1 / (rstd[c] * rstd[c]) - eps;
      if (to_mean) to_mean[c] = momentum * (mean[c] - running_mean[c]);
      if (to_variance) to_variance[c] = momentum * (unbiased * (biased > 0 ? biased : 0) - running_variance[c]);
    }
  }
};
}  // namespace bodies

/// y = (x - mean) / sqrt(variance + eps) gamma + beta for x [pixels, channels], one of each a channel.
template <class P, class M>
void normalise_channels(const Cuda<P, M>& on, const GroupNormSizes& s, const ScalarOf<P>* x, const float* mean,
                        const float* variance, const float* gamma, const float* beta, ScalarOf<P>* y) {
  using T = ScalarOf<P>;
  if (s.pixels * s.channels == 0) return;
  const std::int64_t most = s.pixels < 16384 ? s.pixels : 16384, cut = (s.pixels * s.channels + 8191) / 8192;
  const TeamGrid grid{.teams = cut < most ? cut : most, .threads = norm_members};
  const bool wide = s.channels % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(y) && aligned_for_vec8(mean) &&
                    aligned_for_vec8(variance) && aligned_for_vec8(gamma) && aligned_for_vec8(beta);
  if (wide)
    launch(on, bodies::NormaliseChannels<T, 8>{s, grid.teams, x, mean, variance, gamma, beta, y}, grid);
  else
    launch(on, bodies::NormaliseChannels<T, 1>{s, grid.teams, x, mean, variance, gamma, beta, y}, grid);
}

/// What `momentum` adds to running statistics after a batch whose channels have this mean and rstd (of the biased
/// variance, with eps): momentum times the distance to the batch's own, its variance with n - 1 in the denominator.
template <class P, class M>
void running_changes(const Cuda<P, M>& on, const GroupNormSizes& s, double momentum, const float* mean,
                     const float* rstd, const float* running_mean, const float* running_variance, float* to_mean,
                     float* to_variance) {
  const float unbiased = float(double(s.pixels) / double(s.pixels - 1));
  launch(on,
         bodies::RunningChanges{s.channels, float(momentum), unbiased, float(s.eps), mean, rstd, running_mean,
                                running_variance, to_mean, to_variance},
         grid_for(s.channels));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
