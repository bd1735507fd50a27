#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/cuda.hpp>
#include <hush/cuda/team/team.hpp>
#include <hush/kernels/log_variance.hpp>

// Gaussians of independent numbers, as in cpu/gaussian.hpp; computed in float.
namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// The number i of [rows, channels], and where its moments lie.
struct GaussianPlace {
  std::int64_t mean, log_variance;
  HUSH_HOST_DEVICE GaussianPlace(std::int64_t i, std::int64_t channels)
      : mean(i + i / channels * channels), log_variance(mean + channels) {}
};

/// Body: z = mean + exp(log_variance / 2) noise.
template <class T>
struct GaussianSample {
  std::int64_t n, channels;
  const T* moments;
  const float* noise;
  T* z;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) {
      const GaussianPlace at(i, channels);
      const LogVariance<float> said{float(moments[at.log_variance])};
      z[i] = T(float(moments[at.mean]) + std::exp(said.value / 2) * noise[i]);
    }
  }
};
/// Body: the gradients of both moments.
template <class T>
struct GaussianSampleBackward {
  std::int64_t n, channels;
  const T *dz, *moments;
  const float* noise;
  T* dmoments;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) {
      const GaussianPlace at(i, channels);
      const LogVariance<float> said{float(moments[at.log_variance])};
      dmoments[at.mean] = dz[i];
      dmoments[at.log_variance] = T(float(dz[i]) * noise[i] * std::exp(said.value / 2) / 2 * said.slope);
    }
  }
};
/// Body: y = (mean^2 + variance - 1 - log_variance) / 2.
template <class T>
struct GaussianKl {
  std::int64_t n, channels;
  const T* moments;
  float* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) {
      const GaussianPlace at(i, channels);
      const float mean = float(moments[at.mean]), said = LogVariance<float>(float(moments[at.log_variance])).value;
      y[i] = (mean * mean + std::expm1(said) - said) / 2;
    }
  }
};
/// Body: factor dy (mean, (variance - 1) / 2), with dy in the backend's memory.
template <class T, class D>
struct GaussianKlBackward {
  std::int64_t n, channels;
  float factor;
  const T* moments;
  const D* dy;
  T* dmoments;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float slope = float(*dy) * factor;
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) {
      const GaussianPlace at(i, channels);
      const LogVariance<float> said{float(moments[at.log_variance])};
      dmoments[at.mean] = T(slope * float(moments[at.mean]));
      dmoments[at.log_variance] = T(slope * std::expm1(said.value) / 2 * said.slope);
    }
  }
};
}  // namespace bodies

/// z = mean + exp(log_variance / 2) noise.
template <class P, class M, class T>
void gaussian_sample(const Cuda<P, M>& on, std::int64_t rows, std::int64_t channels, const T* moments,
                     const float* noise, T* z) {
  const std::int64_t n = rows * channels;
  if (n > 0) launch(on, bodies::GaussianSample<T>{n, channels, moments, noise, z}, grid_for(n, 4));
}
/// dmoments of dz.
template <class P, class M, class T>
void gaussian_sample_backward(const Cuda<P, M>& on, std::int64_t rows, std::int64_t channels, const T* dz,
                              const T* moments, const float* noise, T* dmoments) {
  const std::int64_t n = rows * channels;
  if (n > 0) launch(on, bodies::GaussianSampleBackward<T>{n, channels, dz, moments, noise, dmoments}, grid_for(n, 4));
}

/// y = (mean^2 + variance - 1 - log_variance) / 2, the Kullback-Leibler divergence of each number from N(0, 1).
template <class P, class M, class T>
void gaussian_kl(const Cuda<P, M>& on, std::int64_t rows, std::int64_t channels, const T* moments, float* y) {
  const std::int64_t n = rows * channels;
  if (n > 0) launch(on, bodies::GaussianKl<T>{n, channels, moments, y}, grid_for(n, 4));
}
/// dmoments of y times dy[0] factor.
template <class P, class M, class T, class D>
void gaussian_kl_backward(const Cuda<P, M>& on, std::int64_t rows, std::int64_t channels, double factor,
                          const T* moments, const D* dy, T* dmoments) {
  const std::int64_t n = rows * channels;
  if (n > 0)
    launch(on, bodies::GaussianKlBackward<T, D>{n, channels, float(factor), moments, dy, dmoments}, grid_for(n, 4));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
