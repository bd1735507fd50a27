#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <hush/cpu/slabs.hpp>
#include <hush/kernels/group_norm_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = (x - mean) / sqrt(variance + eps) gamma + beta for x [pixels, channels]; mean, variance, gamma and beta are
/// [channels].
template <class T>
void normalise_channels(const Cpu<T>& cpu, const GroupNormSizes& s, const T* x, const T* mean, const T* variance,
                        const T* gamma, const T* beta, T* y) {
  if (s.pixels * s.channels == 0) return;
  const cpu_detail::Slabs slabs{s.pixels, s.channels};
  const std::int64_t lanes = slabs.lanes();
  std::vector<T> table(std::size_t(3 * lanes));  // centre, factor and shift of each lane
  T *centre = table.data(), *factor = centre + lanes, *shift = factor + lanes;
  for (std::int64_t c = 0; c < s.channels; ++c) {
    centre[c] = mean[c];
    shift[c] = beta[c];
    factor[c] = T(double(gamma[c]) / std::sqrt(double(variance[c]) + s.eps));
  }
  for (T* each : {centre, factor, shift}) cpu_detail::repeat(each, s.channels, lanes);
  parallel(cpu, slabs.count(), [&](std::int64_t slab) {
    const std::int64_t begin = slabs.begin(slab);
    cpu_detail::each_block(0, slabs.length(slab), lanes, [&](std::int64_t at, std::int64_t lane, auto count) {
      const cpu_detail::Numbers<T> v =
          (cpu_detail::load_block(x + begin + at, count) - cpu_detail::load_block(centre + lane)) *
              cpu_detail::load_block(factor + lane) +
          cpu_detail::load_block(shift + lane);
      cpu_detail::store_block(y + begin + at, count, v);
    });
  });
}

/// Updates running statistics after a batch whose channels have this mean and rstd (of the biased variance, with eps):
/// adds momentum times the difference to the batch's mean and its unbiased variance (n - 1 in the denominator).
template <class T>
void running_changes(const Cpu<T>&, const GroupNormSizes& s, double momentum, const T* mean, const T* rstd,
                     const T* running_mean, const T* running_variance, T* to_mean, T* to_variance) {
  const double unbiased = double(s.pixels) / double(s.pixels - 1);
  for (std::int64_t c = 0; c < s.channels; ++c) {
    const double biased = std::max(0.0, 1 / (double(rstd[c]) * double(rstd[c])) - s.eps);
    if (to_mean) to_mean[c] = T(momentum * (double(mean[c]) - double(running_mean[c])));
    if (to_variance) to_variance[c] = T(momentum * (unbiased * biased - double(running_variance[c])));
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
