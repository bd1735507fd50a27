#pragma once
#include <cstdint>

#include <hush/cuda/modulated_norm.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// y = x rstd gamma, rstd ([rows]) = 1 / sqrt(mean(x^2) + eps) over the `width` numbers of each row.
template <class P, class M>
void rms_norm(const Cuda<P, M>& on, std::int64_t rows, std::int64_t width, double eps, const ScalarOf<P>* x,
              const float* gamma, ScalarOf<P>* y, float* rstd) {
  using T = ScalarOf<P>;
  const ModulatedNormSizes s{1, rows, width, eps, false};
  const bodies::RowModulation<float> by{gamma, nullptr, 0};
  if (width % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(y))
    launch(on, bodies::ModulatedNorm<T, float, 8>{s, x, by, y, nullptr, rstd}, bodies::row_grid<8>(rows, width));
  else
    launch(on, bodies::ModulatedNorm<T, float, 1>{s, x, by, y, nullptr, rstd}, bodies::row_grid<1>(rows, width));
}

/// Gradients of rms_norm; see the CPU for the formula. The rows fall into `images` runs of equal length, whose slabs
/// are summed in order.
template <class P, class M>
void rms_norm_backward(const Cuda<P, M>& on, std::int64_t images, std::int64_t rows, std::int64_t width,
                       const ScalarOf<P>* dy, const ScalarOf<P>* x, const float* gamma, const float* rstd,
                       ScalarOf<P>* dx, float* dgamma) {
  using T = ScalarOf<P>;
  const ModulatedNormSizes s{1, rows, width, 0, false};
  const bodies::RowModulation<float> by{gamma, nullptr, 0};
  const float* no_mean = nullptr;
  float* no_beta = nullptr;
  if (width % 8 == 0 && aligned_for_vec8(dy) && aligned_for_vec8(x) && aligned_for_vec8(dx)) {
    launch(on, bodies::ModulatedNormGradient<T, float, 8>{s, dy, x, by, no_mean, rstd, dx},
           bodies::row_grid<8>(rows, width));
    bodies::layer_norm_parameters<8>(on, images, rows, width, dy, x, no_mean, rstd, dgamma, no_beta);
  } else {
    launch(on, bodies::ModulatedNormGradient<T, float, 1>{s, dy, x, by, no_mean, rstd, dx},
           bodies::row_grid<1>(rows, width));
    bodies::layer_norm_parameters<1>(on, images, rows, width, dy, x, no_mean, rstd, dgamma, no_beta);
  }
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
