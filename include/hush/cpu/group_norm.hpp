#pragma once
#include <cmath>
#include <vector>

#include <hush/cpu/slabs.hpp>
#include <hush/tensor/group_norm_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Mean and sum of squared deviations from it, of `count` numbers.
struct Moments {
  double count = 0, mean = 0, squares = 0;

  /// Those of both samples together (Chan, Golub and LeVeque 1979).
  void merge(const Moments& other) {
    const double total = count + other.count, distance = other.mean - mean;
    mean += distance * other.count / total;
    squares += other.squares + distance * distance * count * other.count / total;
    count = total;
  }
};

/// Moments of each group within one slab: the sum first, then, while the slab is in the cache, the centred squares.
template <class T>
void slab_moments(const GroupNormSizes& s, const Slabs& slabs, std::int64_t length, const T* x, Moments* moments) {
  const std::int64_t width = s.channels / s.groups, lanes = slabs.lanes();
  std::vector<double> sums(std::size_t(s.channels), 0.0);
  sum_channels<1, T>(slabs, length, sums.data(), [&](std::int64_t at, std::int64_t, std::int64_t count) {
    return std::array{load_block(x + at, count)};
  });
  const double count = double(length / s.channels * width);
  for (std::int64_t g = 0; g < s.groups; ++g)
    moments[g] = {
        count, std::accumulate(&sums[std::size_t(g * width)], &sums[std::size_t(g * width)] + width, 0.0) / count, 0};

  std::vector<T> centre(std::size_t(lanes), T(0));
  for (std::int64_t i = 0; i < lanes; ++i) centre[std::size_t(i)] = T(moments[i % s.channels / width].mean);
  std::fill(sums.begin(), sums.end(), 0.0);
  sum_channels<1, T>(slabs, length, sums.data(), [&](std::int64_t at, std::int64_t lane, std::int64_t left) {
    Numbers<T> d = load_block(x + at, left) - load_block(&centre[std::size_t(lane)], block_size);
    for (std::int64_t i = left; i < block_size; ++i) d[i] = 0;
    return std::array{Numbers<T>(d * d)};
  });
  for (std::int64_t c = 0; c < s.channels; ++c) moments[c / width].squares += sums[std::size_t(c)];
}

/// y = (x - mean) rstd gamma + beta, mean and rstd over the pixels and channels of each group of each image.
template <class T>
void group_norm(const Cpu<T>& cpu, const GroupNormSizes& s, const T* x, const T* gamma, const T* beta, T* y, T* mean,
                T* rstd) {
  const Slabs slabs{s.pixels, s.channels};
  const std::int64_t size = s.pixels * s.channels, width = s.channels / s.groups, lanes = slabs.lanes();
  parallel(cpu, s.batch, [&](std::int64_t image) {
    const T* from = x + image * size;
    T* to = y + image * size;
    std::vector<Moments> moments(std::size_t(slabs.count() * s.groups));
    parallel(cpu, slabs.count(), [&](std::int64_t i) {
      slab_moments(s, slabs, slabs.length(i), from + slabs.begin(i), &moments[std::size_t(i * s.groups)]);
    });
    T *means = mean + image * s.groups, *rstds = rstd + image * s.groups;
    for (std::int64_t g = 0; g < s.groups; ++g) {
      Moments all = moments[std::size_t(g)];
      for (std::int64_t i = 1; i < slabs.count(); ++i) all.merge(moments[std::size_t(i * s.groups + g)]);
      means[g] = T(all.mean);
      rstds[g] = T(1 / std::sqrt(all.squares / all.count + s.eps));
    }
    std::vector<T> table(std::size_t(3 * lanes));  // centre, factor and shift of each lane
    T *centre = table.data(), *factor = centre + lanes, *shift = factor + lanes;
    for (std::int64_t i = 0; i < lanes; ++i) {
      const std::int64_t c = i % s.channels, g = c / width;
      centre[i] = means[g], factor[i] = gamma[c] * rstds[g], shift[i] = beta[c];
    }
    parallel(cpu, slabs.count(), [&](std::int64_t slab) {
      const std::int64_t begin = slabs.begin(slab), length = slabs.length(slab);
      for (std::int64_t i = 0, lane = 0; i < length; i += block_size, lane += block_size) {
        if (lane == lanes) lane = 0;
        const Numbers<T> v = (load_block(from + begin + i, length - i) - load_block(centre + lane, block_size)) *
                                 load_block(factor + lane, block_size) +
                             load_block(shift + lane, block_size);
        store_block(to + begin + i, length - i, v);
      }
    });
  });
}

/// Gradients of group_norm. With xhat = (x - mean) rstd and sums over a group of m numbers,
///   dx = rstd (gamma dy - sum(gamma dy) / m - xhat sum(gamma dy xhat) / m).
/// dgamma and dbeta sum over the images in order; nullptr where they are not wanted.
template <class T>
void group_norm_backward(const Cpu<T>& cpu, const GroupNormSizes& s, const T* dy, const T* x, const T* gamma,
                         const T* mean, const T* rstd, T* dx, T* dgamma, T* dbeta) {
  const Slabs slabs{s.pixels, s.channels};
  const std::int64_t size = s.pixels * s.channels, width = s.channels / s.groups, lanes = slabs.lanes();
  std::vector<double> sums(std::size_t(s.batch * 2 * s.channels), 0.0);  // of dy, and of dy xhat: [image][2][channel]
  parallel(cpu, s.batch, [&](std::int64_t image) {
    const T *means = mean + image * s.groups, *rstds = rstd + image * s.groups;
    std::vector<T> table(std::size_t(4 * lanes));
    T *centre = table.data(), *factor = centre + lanes, *slope = factor + lanes, *shift = slope + lanes;
    for (std::int64_t i = 0; i < lanes; ++i) {
      const std::int64_t g = i % s.channels / width;
      centre[i] = means[g], factor[i] = rstds[g];
    }
    std::vector<double> partial(std::size_t(slabs.count() * 2 * s.channels), 0.0);
    parallel(cpu, slabs.count(), [&](std::int64_t slab) {
      const std::int64_t begin = image * size + slabs.begin(slab);
      sum_channels<2, T>(slabs, slabs.length(slab), &partial[std::size_t(slab * 2 * s.channels)],
                         [&](std::int64_t at, std::int64_t lane, std::int64_t left) {
                           const Numbers<T> d = load_block(dy + begin + at, left);
                           const Numbers<T> xhat =
                               (load_block(x + begin + at, left) - load_block(centre + lane, block_size)) *
                               load_block(factor + lane, block_size);
                           return std::array{d, Numbers<T>(d * xhat)};
                         });
    });
    double *sum_dy = &sums[std::size_t(image * 2 * s.channels)], *sum_dy_xhat = sum_dy + s.channels;
    for (std::int64_t slab = 0; slab < slabs.count(); ++slab)
      for (std::int64_t c = 0; c < 2 * s.channels; ++c) sum_dy[c] += partial[std::size_t(slab * 2 * s.channels + c)];
    if (!dx) return;

    // dx = factor dy + slope (x - mean) + shift
    std::vector<double> of_group(std::size_t(2 * s.groups), 0.0);
    for (std::int64_t c = 0; c < s.channels; ++c) {
      of_group[std::size_t(c / width)] += double(gamma[c]) * sum_dy[c];
      of_group[std::size_t(s.groups + c / width)] += double(gamma[c]) * sum_dy_xhat[c];
    }
    const double m = double(s.pixels * width);
    for (std::int64_t i = 0; i < lanes; ++i) {
      const std::int64_t c = i % s.channels, g = c / width;
      const double r = double(rstds[g]);
      factor[i] = gamma[c] * rstds[g];
      slope[i] = T(-r * r * of_group[std::size_t(s.groups + g)] / m);
      shift[i] = T(-r * of_group[std::size_t(g)] / m);
    }
    parallel(cpu, slabs.count(), [&](std::int64_t slab) {
      const std::int64_t begin = image * size + slabs.begin(slab), length = slabs.length(slab);
      for (std::int64_t i = 0, lane = 0; i < length; i += block_size, lane += block_size) {
        if (lane == lanes) lane = 0;
        const Numbers<T> d = load_block(dy + begin + i, length - i);
        const Numbers<T> v = load_block(x + begin + i, length - i) - load_block(centre + lane, block_size);
        const Numbers<T> change = d * load_block(factor + lane, block_size) +
                                  (v * load_block(slope + lane, block_size) + load_block(shift + lane, block_size));
        store_block(dx + begin + i, length - i, change);
      }
    });
  });
  for (std::int64_t c = 0; c < s.channels; ++c) {
    double of_beta = 0, of_gamma = 0;
    for (std::int64_t image = 0; image < s.batch; ++image) {
      of_beta += sums[std::size_t(image * 2 * s.channels + c)];
      of_gamma += sums[std::size_t((image * 2 + 1) * s.channels + c)];
    }
    if (dbeta) dbeta[c] = T(of_beta);
    if (dgamma) dgamma[c] = T(of_gamma);
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
