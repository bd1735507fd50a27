#pragma once
#include <cmath>

#include <hush/cuda/layer_norm.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/kernels/modulated_norm_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// What scales and shifts the numbers of a row: (base + scale) v + shift, both of an image, [images, width], or
/// nullptr.
template <class G>
struct RowModulation {
  const G *scale, *shift;
  float base;

  HUSH_HOST_DEVICE float factor(std::int64_t at) const { return scale ? base + float(scale[at]) : 1.0f; }
  HUSH_HOST_DEVICE float offset(std::int64_t at) const { return shift ? float(shift[at]) : 0.0f; }
};

/// Body: a team a row. Rows that are not centred have no mean.
template <class T, class G, int W>
struct ModulatedNorm {
  ModulatedNormSizes s;
  const T* x;
  RowModulation<G> by;
  T* y;
  float *mean, *rstd;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t width = s.width;
    for (std::int64_t row = team.block(); row < s.rows(); row += team.blocks()) {
      const T* in = x + row * width;
      const std::int64_t image = row / s.tokens * width;
      float centre = 0;
      if (s.centred)
        centre = sum_row<W>(team, width,
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
      const float factor = 1 / std::sqrt(squares / float(width) + float(s.eps));
      if (team.rank() == 0) {
        if (s.centred) mean[row] = centre;
        rstd[row] = factor;
      }
      for (std::int64_t c = std::int64_t(team.rank()) * W; c < width; c += std::int64_t(team.size()) * W) {
        Vec<W> v = Vec<W>::load(in + c);
        for (int w = 0; w < W; ++w)
          v.v[w] = (v.v[w] - centre) * factor * by.factor(image + c + w) + by.offset(image + c + w);
        v.store(y + row * width + c);
      }
    }
  }
};

/// Body: dx, a team a row.
template <class T, class G, int W>
struct ModulatedNormGradient {
  ModulatedNormSizes s;
  const T *dy, *x;
  RowModulation<G> by;
  const float *mean, *rstd;
  T* dx;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t width = s.width;
    for (std::int64_t row = team.block(); row < s.rows(); row += team.blocks()) {
      const T *in = x + row * width, *from = dy + row * width;
      const std::int64_t image = row / s.tokens * width;
      const RowModulation<G> slope = by;
      const float centre = s.centred ? mean[row] : 0.0f, factor = rstd[row], share = 1 / float(width);
      float of_g = 0;
      if (s.centred)
        of_g = share * sum_row<W>(team, width, [=](std::int64_t c) {
                 const Vec<W> g = Vec<W>::load(from + c);
                 float sum = 0;
                 for (int w = 0; w < W; ++w) sum += g.v[w] * slope.factor(image + c + w);
                 return sum;
               });
      const float of_g_xhat = share * sum_row<W>(team, width, [=](std::int64_t c) {
                                const Vec<W> g = Vec<W>::load(from + c), v = Vec<W>::load(in + c);
                                float sum = 0;
                                for (int w = 0; w < W; ++w)
                                  sum += g.v[w] * slope.factor(image + c + w) * ((v.v[w] - centre) * factor);
                                return sum;
                              });
      for (std::int64_t c = std::int64_t(team.rank()) * W; c < width; c += std::int64_t(team.size()) * W) {
        Vec<W> g = Vec<W>::load(from + c);
        const Vec<W> v = Vec<W>::load(in + c);
        for (int w = 0; w < W; ++w)
          g.v[w] = factor * (g.v[w] * slope.factor(image + c + w) - of_g - (v.v[w] - centre) * factor * of_g_xhat);
        g.store(dx + row * width + c);
      }
    }
  }
};

/// Body: the sums over the slabs of an image of LayerNormSlabSums, [image][slab][2][width], each result unless nullptr.
template <class T>
struct AddModulationSlabs {
  std::int64_t images, slabs, width;
  const float* partial;
  T *dshift, *dscale;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < images * 2 * width; i += all_of(team)) {
      const std::int64_t image = i / (2 * width), c = i % (2 * width);
      T* to = c < width ? dshift : dscale;
      if (!to) continue;
      double total = 0;
      for (std::int64_t slab = 0; slab < slabs; ++slab)
        total += double(partial[(image * slabs + slab) * 2 * width + c]);
      to[image * width + c % width] = T(float(total));
    }
  }
};

template <int W, class P, class M, class T>
void modulation_gradients(const Cuda<P, M>& on, const ModulatedNormSizes& s, const T* dy, const T* x, const float* mean,
                          const float* rstd, T* dscale, T* dshift) {
  const std::int64_t slabs = norm_slabs({.pixels = s.tokens, .channels = s.width}), sums = s.images * slabs;
  const auto partial = on.template allocate<float>(sums * 2 * s.width);
  const std::size_t bytes = std::size_t(column_scratch<W>(s.width, norm_members, 2)) * sizeof(float);
  check_scratch("modulated_norm_backward", s.width, bytes);
  launch(on, LayerNormSlabSums<T, W>{s.tokens, slabs, s.width, dy, x, mean, rstd, partial.get()},
         {.teams = sums, .threads = norm_members, .shared = bytes});
  launch(on, AddModulationSlabs<T>{s.images, slabs, s.width, partial.get(), dshift, dscale},
         grid_for(s.images * 2 * s.width));
}
}  // namespace bodies

/// y = (x - mean) rstd (1 + scale[image]) + shift[image], mean and rstd ([images * tokens]) over the channels of each
/// token; no mean is taken off, nor written, unless it is centred. scale and shift [images, width] may be nullptr: y is
/// then the norm alone.
template <class P, class M>
void modulated_norm(const Cuda<P, M>& on, const ModulatedNormSizes& s, const ScalarOf<P>* x, const ScalarOf<P>* scale,
                    const ScalarOf<P>* shift, ScalarOf<P>* y, float* mean, float* rstd) {
  using T = ScalarOf<P>;
  const bodies::RowModulation<T> by{scale, shift, 1};
  if (s.width % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(y))
    launch(on, bodies::ModulatedNorm<T, T, 8>{s, x, by, y, mean, rstd}, bodies::row_grid<8>(s.rows(), s.width));
  else
    launch(on, bodies::ModulatedNorm<T, T, 1>{s, x, by, y, mean, rstd}, bodies::row_grid<1>(s.rows(), s.width));
}

/// Gradients of modulated_norm; see the CPU for the formula. Each may be nullptr.
template <class P, class M>
void modulated_norm_backward(const Cuda<P, M>& on, const ModulatedNormSizes& s, const ScalarOf<P>* dy,
                             const ScalarOf<P>* x, const ScalarOf<P>* scale, const float* mean, const float* rstd,
                             ScalarOf<P>* dx, ScalarOf<P>* dscale, ScalarOf<P>* dshift) {
  using T = ScalarOf<P>;
  const bool eight = s.width % 8 == 0 && aligned_for_vec8(dy) && aligned_for_vec8(x) && aligned_for_vec8(dx);
  const bodies::RowModulation<T> by{scale, nullptr, 1};
  if (dx && eight)
    launch(on, bodies::ModulatedNormGradient<T, T, 8>{s, dy, x, by, mean, rstd, dx},
           bodies::row_grid<8>(s.rows(), s.width));
  if (dx && !eight)
    launch(on, bodies::ModulatedNormGradient<T, T, 1>{s, dy, x, by, mean, rstd, dx},
           bodies::row_grid<1>(s.rows(), s.width));
  if ((!dscale && !dshift) || s.rows() == 0) return;
  if (eight)
    bodies::modulation_gradients<8>(on, s, dy, x, s.centred ? mean : nullptr, rstd, dscale, dshift);
  else
    bodies::modulation_gradients<1>(on, s, dy, x, s.centred ? mean : nullptr, rstd, dscale, dshift);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
