#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hush/cpu/cpu.hpp>
#include <hush/kernels/log_variance.hpp>

// Gaussians of independent numbers: `moments` is [rows, 2 channels], in each row the means and then the logarithms of
// the variances, which are kept within the limits of LogVariance.
namespace hush {
inline namespace HUSH_CPU_ABI {
namespace cpu_detail {

/// Calls f(i, mean, log_variance) for number i of [rows, channels], and the places of its moments.
template <class T, class F>
void over_gaussians(const Cpu<T>& cpu, std::int64_t rows, std::int64_t channels, const F& f) {
  constexpr std::int64_t rows_a_task = 1024;
  parallel(cpu, (rows + rows_a_task - 1) / rows_a_task, [&](std::int64_t task) {
    for (std::int64_t row = task * rows_a_task; row < std::min(rows, (task + 1) * rows_a_task); ++row)
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t mean = 2 * row * channels + c;
        f(row * channels + c, mean, mean + channels);
      }
  });
}

}  // namespace cpu_detail

/// z = mean + exp(log_variance / 2) noise.
template <class T>
void gaussian_sample(const Cpu<T>& cpu, std::int64_t rows, std::int64_t channels, const T* moments, const T* noise,
                     T* z) {
  cpu_detail::over_gaussians(cpu, rows, channels, [=](std::int64_t i, std::int64_t mean, std::int64_t log_variance) {
    z[i] = moments[mean] + std::exp(LogVariance(moments[log_variance]).value / 2) * noise[i];
  });
}
/// dmoments of dz.
template <class T>
void gaussian_sample_backward(const Cpu<T>& cpu, std::int64_t rows, std::int64_t channels, const T* dz,
                              const T* moments, const T* noise, T* dmoments) {
  cpu_detail::over_gaussians(cpu, rows, channels, [=](std::int64_t i, std::int64_t mean, std::int64_t log_variance) {
    const LogVariance said(moments[log_variance]);
    dmoments[mean] = dz[i];
    dmoments[log_variance] = dz[i] * noise[i] * std::exp(said.value / 2) / 2 * said.slope;
  });
}

/// y = (mean^2 + variance - 1 - log_variance) / 2, the Kullback-Leibler divergence of each number from N(0, 1).
template <class T>
void gaussian_kl(const Cpu<T>& cpu, std::int64_t rows, std::int64_t channels, const T* moments, T* y) {
  cpu_detail::over_gaussians(cpu, rows, channels, [=](std::int64_t i, std::int64_t mean, std::int64_t log_variance) {
    const T said = LogVariance(moments[log_variance]).value;
    y[i] = (moments[mean] * moments[mean] + std::expm1(said) - said) / 2;
  });
}
/// dmoments of y times dy[0] factor.
template <class T>
void gaussian_kl_backward(const Cpu<T>& cpu, std::int64_t rows, std::int64_t channels, double factor, const T* moments,
                          const T* dy, T* dmoments) {
  const T slope = T(double(*dy) * factor);
  cpu_detail::over_gaussians(cpu, rows, channels, [=](std::int64_t, std::int64_t mean, std::int64_t log_variance) {
    const LogVariance said(moments[log_variance]);
    dmoments[mean] = slope * moments[mean];
    dmoments[log_variance] = slope * std::expm1(said.value) / 2 * said.slope;
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
