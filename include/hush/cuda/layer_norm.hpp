#pragma once
#include <cmath>

#include <hush/cuda/norm_column.hpp>
#include <hush/cuda/team/columns.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// The sum over a row of f(c) for every W columns, for all members.
template <int W, class Team, class F>
HUSH_HOST_DEVICE float sum_row(const Team& team, std::int64_t width, const F& f) {
  float sum = 0;
  for (std::int64_t c = std::int64_t(team.rank()) * W; c < width; c += std::int64_t(team.size()) * W) sum += f(c);
  return team.sum(sum);
}

/// Body: a team a row.
template <class T, int W>
struct LayerNorm {
  std::int64_t rows, width;
  float eps;
  const T* x;
  const float *gamma, *beta;
  T* y;
  float *mean, *rstd;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = team.block(); row < rows; row += team.blocks()) {
      const T* in = x + row * width;
      const float centre = sum_row<W>(team, width,
                                      [=](std::int64_t c) {
                                        const Vec<W> v = Vec<W>::load(in + c);
                                        float sum = 0;
                                        for (int w = 0; w < W; ++w) sum += v.v[w];
                                        return sum;
                                      }) /
                           float(width);
      const float squares = sum_row<W>(team, width, [=](std::int64_t c) {
        const Vec<W> v = Vec<W>::load(in + c);
        float sum = 0;
        for (int w = 0; w < W; ++w) sum += (v.v[w] - centre) * (v.v[w] - centre);
        return sum;
      });
      const float factor = 1 / std::sqrt(squares / float(width) + eps);
      if (team.rank() == 0) {
        mean[row] = centre;
        rstd[row] = factor;
      }
      for (std::int64_t c = std::int64_t(team.rank()) * W; c < width; c += std::int64_t(team.size()) * W) {
        Vec<W> v = Vec<W>::load(in + c);
        for (int w = 0; w < W; ++w) v.v[w] = (v.v[w] - centre) * factor * gamma[c + w] + beta[c + w];
        v.store(y + row * width + c);
      }
    }
  }
};

/// Body: dx, a team a row.
template <class T, int W>
struct LayerNormGradient {
  std::int64_t rows, width;
  const T *dy, *x;
  const float *gamma, *mean, *rstd;
  T* dx;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = team.block(); row < rows; row += team.blocks()) {
      const T *in = x + row * width, *from = dy + row * width;
      const float centre = mean[row], factor = rstd[row], share = 1 / float(width), *slope = gamma;
      const float of_g = share * sum_row<W>(team, width, [=](std::int64_t c) {
                           const Vec<W> g = Vec<W>::load(from + c);
                           float sum = 0;
                           for (int w = 0; w < W; ++w) sum += g.v[w] * slope[c + w];
                           return sum;
                         });
      const float of_g_xhat = share * sum_row<W>(team, width, [=](std::int64_t c) {
                                const Vec<W> g = Vec<W>::load(from + c), v = Vec<W>::load(in + c);
                                float sum = 0;
                                for (int w = 0; w < W; ++w) sum += g.v[w] * slope[c + w] * ((v.v[w] - centre) * factor);
                                return sum;
                              });
      for (std::int64_t c = std::int64_t(team.rank()) * W; c < width; c += std::int64_t(team.size()) * W) {
        Vec<W> g = Vec<W>::load(from + c);
        const Vec<W> v = Vec<W>::load(in + c);
        for (int w = 0; w < W; ++w)
          g.v[w] = factor * (g.v[w] * slope[c + w] - of_g - (v.v[w] - centre) * factor * of_g_xhat);
        g.store(dx + row * width + c);
      }
    }
  }
};

/// Body: a team a slab of an image's rows: for each column the sums of dy and of dy xhat, [image][slab][2][width].
/// No mean is taken off where that is nullptr.
template <class T, int W>
struct LayerNormSlabSums {
  std::int64_t rows, slabs, width;  // rows of an image
  const T *dy, *x;
  const float *mean, *rstd;
  float* partial;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const Slab slab(team.block() % slabs, slabs, rows);
    const std::int64_t first = team.block() / slabs * rows, end = first + slab.end;
    float* scratch = team.template shared<float>();
    const std::int64_t plane =
        sum_columns<W, 2>(team, width, scratch, [&](std::int64_t row, std::int64_t step, std::int64_t c, auto& sums) {
          for (row += first + slab.begin; row < end; row += step) {
            const Vec<W> g = Vec<W>::load(dy + row * width + c), v = Vec<W>::load(x + row * width + c);
            const float centre = mean ? mean[row] : 0.0f, factor = rstd[row];
            for (int w = 0; w < W; ++w) {
              sums[0][w] += g.v[w];
              sums[1][w] += g.v[w] * ((v.v[w] - centre) * factor);
            }
          }
        });
    float* to = partial + 2 * team.block() * width;
    for (std::int64_t c = team.rank(); c < width; c += team.size()) {
      to[c] = scratch[c];
      to[width + c] = scratch[plane + c];
    }
  }
};

/// A team a row, wide enough for most rows at one go.
template <int W>
TeamGrid row_grid(std::int64_t rows, std::int64_t width) {
  const std::int64_t members = (width / W + 31) / 32 * 32;
  return {.teams = rows < 65536 ? rows : 65536, .threads = int(members < 32 ? 32 : members < 256 ? members : 256)};
}

template <int W, class P, class M, class T>
void layer_norm_parameters(const Cuda<P, M>& on, std::int64_t images, std::int64_t rows, std::int64_t width,
                           const T* dy, const T* x, const float* mean, const float* rstd, float* dgamma, float* dbeta) {
  const std::int64_t an_image = images > 0 ? rows / images : 0;
  const std::int64_t slabs = norm_slabs({.pixels = an_image, .channels = width}), sums = rows > 0 ? images * slabs : 0;
  const auto partial = on.template allocate<float>(sums * 2 * width);
  const std::size_t bytes = std::size_t(column_scratch<W>(width, norm_members, 2)) * sizeof(float);
  check_scratch("layer_norm_backward", width, bytes);
  launch(on, LayerNormSlabSums<T, W>{an_image, slabs, width, dy, x, mean, rstd, partial.get()},
         {.teams = sums, .threads = norm_members, .shared = bytes});
  sum_pairs(on, sums, width, std::as_const(partial).get(), dbeta, dgamma);
}
}  // namespace bodies

/// y = (x - mean) rstd gamma + beta, mean and rstd ([rows]) over the `width` numbers of each row.
template <class P, class M>
void layer_norm(const Cuda<P, M>& on, std::int64_t rows, std::int64_t width, double eps, const ScalarOf<P>* x,
                const float* gamma, const float* beta, ScalarOf<P>* y, float* mean, float* rstd) {
  using T = ScalarOf<P>;
  if (width % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(y))
    launch(on, bodies::LayerNorm<T, 8>{rows, width, float(eps), x, gamma, beta, y, mean, rstd},
           bodies::row_grid<8>(rows, width));
  else
    launch(on, bodies::LayerNorm<T, 1>{rows, width, float(eps), x, gamma, beta, y, mean, rstd},
           bodies::row_grid<1>(rows, width));
}

/// Gradients of layer_norm; see group_norm_backward of the CPU for the formula. The rows fall into `images` runs of
/// equal length, whose slabs are summed in order. nullptr where a gradient is not wanted.
template <class P, class M>
void layer_norm_backward(const Cuda<P, M>& on, std::int64_t images, std::int64_t rows, std::int64_t width,
                         const ScalarOf<P>* dy, const ScalarOf<P>* x, const float* gamma, const float* mean,
                         const float* rstd, ScalarOf<P>* dx, float* dgamma, float* dbeta) {
  using T = ScalarOf<P>;
  const bool eight = width % 8 == 0 && aligned_for_vec8(dy) && aligned_for_vec8(x) && aligned_for_vec8(dx);
  if (dx && eight)
    launch(on, bodies::LayerNormGradient<T, 8>{rows, width, dy, x, gamma, mean, rstd, dx},
           bodies::row_grid<8>(rows, width));
  if (dx && !eight)
    launch(on, bodies::LayerNormGradient<T, 1>{rows, width, dy, x, gamma, mean, rstd, dx},
           bodies::row_grid<1>(rows, width));
  if (!dgamma && !dbeta) return;
  if (eight)
    bodies::layer_norm_parameters<8>(on, images, rows, width, dy, x, mean, rstd, dgamma, dbeta);
  else
    bodies::layer_norm_parameters<1>(on, images, rows, width, dy, x, mean, rstd, dgamma, dbeta);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
