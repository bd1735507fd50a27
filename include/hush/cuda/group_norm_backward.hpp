#pragma once
#include <algorithm>
#include <utility>

#include <hush/cuda/norm_column.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// The gradient that reaches W channels of x's pixel `pixel` behind the activation, through the resampling.
template <int W, class T>
HUSH_HOST_DEVICE Vec<W> through_resampling(const NormTask<T>& task, const PixelColumn<const T>& dy,
                                           std::int64_t pixel) {
  const std::int64_t width = task.fusion.width;
  switch (task.fusion.resample) {
    case Resample::none:
      break;
    case Resample::nearest2: {
      const std::int64_t from = fine_corner(pixel, width);
      Vec<W> sum = Vec<W>::load(dy.at(from));
      for (int k = 1; k < 4; ++k) {
        const Vec<W> v = Vec<W>::load(dy.at(from + k % 2 + k / 2 * 2 * width));
        for (int w = 0; w < W; ++w) sum.v[w] += v.v[w];
      }
      return sum;
    }
    case Resample::average2: {
      Vec<W> v = Vec<W>::load(dy.at(coarse_pixel(pixel, width / 2)));
      for (int w = 0; w < W; ++w) v.v[w] *= 0.25f;
      return v;
    }
  }
  return Vec<W>::load(dy.at(pixel));
}

/// The gradient before the activation, which is computed again.
template <int W, class T>
HUSH_HOST_DEVICE Vec<W> before_activation(const NormColumn<T, W>& column, const PixelColumn<const T>& dy,
                                          std::int64_t pixel, const Vec<W>& xhat) {
  Vec<W> g = through_resampling<W>(column.task, dy, pixel);
  const Activation activation = column.task.fusion.activation;
  if (activation == Activation::none) return g;
  const Vec<W> v = column.before_activation(pixel, xhat);
  for (int w = 0; w < W; ++w) g.v[w] = activated_backward(activation, g.v[w], v.v[w]);
  return g;
}

/// What the kernels of a fused group normalization's backward share: dy and the gradients wanted, mean and rstd, and
/// `images`, for each image [2][channels], what it adds to dbeta and dgamma.
template <class T>
struct NormBackwardTask {
  NormTask<T> task;
  const T* dy;
  const float *mean, *rstd;
  NormFusionGrads<T, float> grads;
  float* images;

  HUSH_HOST_DEVICE PixelColumn<const T> dy_column(std::int64_t image, std::int64_t c) const {
    return {dy + image * task.pixels_out() * task.s.channels + c, task.s.channels};
  }
  template <int W>
  HUSH_HOST_DEVICE NormColumn<T, W> column(std::int64_t image, std::int64_t c) const {
    return NormColumn<T, W>(task, image, c, mean + image * task.s.groups, rstd + image * task.s.groups);
  }
};

/// For each channel the sums over a slab of g, the gradient before the activation, and of g xhat. They lie in
/// `scratch`, the second so far behind the first as is returned.
template <int W, class T, class Team>
HUSH_HOST_DEVICE std::int64_t slab_sums(const Team& team, const NormBackwardTask<T>& b, std::int64_t image,
                                        const Slab& slab, float* scratch) {
  const auto gather = [&](std::int64_t row, std::int64_t step, std::int64_t c, auto& sums) {
    const NormColumn<T, W> column = b.template column<W>(image, c);
    const PixelColumn<const T> dy = b.dy_column(image, c);
    for (std::int64_t p = slab.begin + row; p < slab.end; p += step) {
      const Vec<W> xhat = column.xhat(p), g = before_activation<W>(column, dy, p, xhat);
      for (int w = 0; w < W; ++w) {
        sums[0][w] += g.v[w];
        sums[1][w] += g.v[w] * xhat.v[w];
      }
    }
  };
  return sum_columns<W, 2>(team, b.task.s.channels, scratch, gather);
}

/// From an image's sums of g and of g xhat, [channels] each: what it adds to dgamma and dbeta, dscale and dshift, and
/// for each group the means over its numbers of g factor and of g factor xhat, [2][groups], for all members to read.
template <class T, class Team>
HUSH_HOST_DEVICE void image_sums(const Team& team, const NormBackwardTask<T>& b, std::int64_t image, const float* of_g,
                                 const float* of_g_xhat, float* means) {
  const GroupNormSizes& s = b.task.s;
  const T *scale = b.task.fusion.scale, *scales = scale ? scale + image * s.channels : nullptr;
  const float *gamma = b.task.gamma, *beta = b.task.beta;
  for (std::int64_t c = team.rank(); c < s.channels; c += team.size()) {
    const float factor = scales ? 1 + float(scales[c]) : 1.0f;
    b.images[2 * image * s.channels + c] = factor * of_g[c];
    b.images[(2 * image + 1) * s.channels + c] = factor * of_g_xhat[c];
    if (b.grads.shift) b.grads.shift[image * s.channels + c] = T(of_g[c]);
    if (b.grads.scale) b.grads.scale[image * s.channels + c] = T(gamma[c] * of_g_xhat[c] + beta[c] * of_g[c]);
  }
  const std::int64_t width = b.task.width();
  const float share = 1 / (float(s.pixels) * float(width));
  for (int k = 0; k < 2; ++k) {
    const float* of = k == 0 ? of_g : of_g_xhat;
    sum_groups(team, s.groups, width, means + k * s.groups, [=](std::int64_t g, std::int64_t i) {
      const std::int64_t c = g * width + i;
      return of[c] * gamma[c] * (scales ? 1 + float(scales[c]) : 1.0f) * share;
    });
  }
}

/// Writes the gradients of x, of what is beside it and of the residual, for one slab. `means` as image_sums leaves
/// them.
template <int W, class T, class Team>
HUSH_HOST_DEVICE void slab_gradients(const Team& team, const NormBackwardTask<T>& b, std::int64_t image,
                                     const Slab& slab, const float* means) {
  const GroupNormSizes& s = b.task.s;
  const std::int64_t rows = rows_at_once<W>(s.channels, team.size());
  const std::uint32_t width = std::uint32_t(b.task.width());
  for (std::int64_t i = std::int64_t(team.rank()) * W; i < rows * s.channels; i += std::int64_t(team.size()) * W) {
    const std::int64_t c = i % s.channels;
    const NormColumn<T, W> column = b.template column<W>(image, c);
    const PixelColumn<const T> dy = b.dy_column(image, c);
    const auto dx = side_by_side(s, b.task.fusion.beside_channels, b.grads.x, b.grads.beside, image, c);
    const auto dresidual = side_by_side(s, 0, b.grads.residual, static_cast<T*>(nullptr), image, c);
    Vec<W> of_g, of_g_xhat;
    for (int w = 0; w < W; ++w) {
      const std::uint32_t g = (std::uint32_t(c) + std::uint32_t(w)) / width;
      of_g.v[w] = means[g];
      of_g_xhat.v[w] = means[s.groups + g];
    }
    for (std::int64_t p = slab.begin + i / s.channels; p < slab.end; p += rows) {
      Vec<W> xhat = column.xhat(p), g = before_activation<W>(column, dy, p, xhat);
      if (dresidual.first) g.store(dresidual.at(p));
      if (!dx.first) continue;
      for (int w = 0; w < W; ++w)
        g.v[w] = column.rstd.v[w] * (g.v[w] * column.factor.v[w] - of_g.v[w] - xhat.v[w] * of_g_xhat.v[w]);
      g.store(dx.at(p));
    }
  }
}

namespace bodies {
/// Body: a team a slab, the images from `first` on: the sums of a slab, [image][slab][2][channels].
template <class T, int W>
struct GroupNormSlabSums {
  NormBackwardTask<T> b;
  std::int64_t first, slabs;
  float* partial;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t channels = b.task.s.channels, image = first + team.block() / slabs;
    float* sums = team.template shared<float>();
    const std::int64_t plane = slab_sums<W>(team, b, image, Slab(team.block() % slabs, slabs, b.task.s.pixels), sums);
    float* to = partial + 2 * team.block() * channels;
    for (std::int64_t c = team.rank(); c < channels; c += team.size()) {
      to[c] = sums[c];
      to[channels + c] = sums[plane + c];
    }
  }
};

/// Body: a team an image, from `first` on: the sums of its slabs and what follows from them.
template <class T>
struct GroupNormImageSums {
  NormBackwardTask<T> b;
  std::int64_t first, slabs;
  const float* partial;
  float* means;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t columns = 2 * b.task.s.channels;
    const float* from = partial + team.block() * slabs * columns;
    const std::int64_t count = slabs;
    float* sums = team.template shared<float>();
    sum_columns<1, 1>(team, columns, sums, [=](std::int64_t row, std::int64_t step, std::int64_t c, auto& sum) {
      for (; row < count; row += step) sum[0][0] += from[row * columns + c];
    });
    image_sums(team, b, first + team.block(), sums, sums + columns / 2, means + 2 * team.block() * b.task.s.groups);
  }
};

/// Body: a team a slab, the images from `first` on: the gradients.
template <class T, int W>
struct GroupNormGradients {
  NormBackwardTask<T> b;
  std::int64_t first, slabs;
  const float* means;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t i = team.block() / slabs;
    slab_gradients<W>(team, b, first + i, Slab(team.block() % slabs, slabs, b.task.s.pixels),
                      means + 2 * i * b.task.s.groups);
  }
};

/// Body: the three of them for images of one slab, a team an image.
template <class T, int W>
struct GroupNormBackward {
  static constexpr int most_members = most_norm_members;
  NormBackwardTask<T> b;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const GroupNormSizes& s = b.task.s;
    const Slab all(0, 1, s.pixels);
    float *means = team.template shared<float>(), *sums = means + 2 * s.groups;
    const std::int64_t plane = slab_sums<W>(team, b, team.block(), all, sums);
    image_sums(team, b, team.block(), sums, sums + plane, means);
    if (b.grads.x || b.grads.beside || b.grads.residual) slab_gradients<W>(team, b, team.block(), all, means);
  }
};

template <class P, class M, class T, int W>
void group_norm_backward_kernels(const Cuda<P, M>& on, const NormBackwardTask<T>& b) {
  const GroupNormSizes& s = b.task.s;
  const std::int64_t slabs = norm_slabs(s);
  const int members = slabs == 1 ? whole_image_members(s) : norm_members;
  const std::int64_t floats = column_scratch<W>(s.channels, members, 2);
  const auto bytes = [](std::int64_t count) { return std::size_t(count) * sizeof(float); };
  TeamGrid grid{.threads = members, .shared = bytes(2 * s.groups + floats)};
  check_scratch("group_norm_backward", s.channels, grid.shared);
  if (slabs == 1) {
    grid.teams = s.batch;
    launch(on, GroupNormBackward<T, W>{b}, grid);
    return;
  }
  const std::int64_t images = std::min(s.batch, images_at_once<T>(s, 2));
  const auto partial = on.template allocate<float>(images * slabs * 2 * s.channels);
  const auto means = on.template allocate<float>(images * 2 * s.groups);
  const TeamGrid of_image{.threads = norm_members, .shared = bytes(column_scratch<1>(2 * s.channels, norm_members, 1))};
  for (std::int64_t first = 0; first < s.batch; first += images) {
    TeamGrid now = of_image;
    now.teams = std::min(images, s.batch - first);
    grid.teams = now.teams * slabs;
    launch(on, GroupNormSlabSums<T, W>{b, first, slabs, partial.get()}, grid);
    launch(on, GroupNormImageSums<T>{b, first, slabs, partial.get(), means.get()}, now);
    if (b.grads.x || b.grads.beside || b.grads.residual)
      launch(on, GroupNormGradients<T, W>{b, first, slabs, means.get()}, grid);
  }
}
}  // namespace bodies

/// Gradients of group_norm_fused, each where `grads` wants it; mean and rstd as it left them, the rest as it had it.
/// What stands before the activation is computed again from x.
template <class P, class M>
void group_norm_fused_backward(const Cuda<P, M>& on, const GroupNormSizes& s, const NormFusion<ScalarOf<P>>& fusion,
                               const ScalarOf<P>* dy, const ScalarOf<P>* x, const float* gamma, const float* beta,
                               const float* mean, const float* rstd, const NormFusionGrads<ScalarOf<P>, float>& grads) {
  using T = ScalarOf<P>;
  const auto images = on.template allocate<float>(s.batch * 2 * s.channels);
  const NormBackwardTask<T> b{{s, fusion, x, gamma, beta}, dy, mean, rstd, grads, images.get()};
  if (s.batch * s.pixels > 0) {
    if (eight_channels(b.task, dy, grads.x, grads.beside, grads.residual))
      bodies::group_norm_backward_kernels<P, M, T, 8>(on, b);
    else
      bodies::group_norm_backward_kernels<P, M, T, 1>(on, b);
  }
  if (grads.gamma || grads.beta)
    sum_pairs(on, s.pixels > 0 ? s.batch : 0, s.channels, std::as_const(images).get(), grads.beta, grads.gamma);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
