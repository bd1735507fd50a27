#pragma once
#include <algorithm>
#include <cmath>

#include <hush/cuda/norm_column.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Means of W columns over some rows, and the sums of squared deviations from them.
template <int W>
struct ColumnMoments {
  Vec<W> mean{}, squares{};

  /// Takes in rows first, first + step, ... below end: four rows at a time while there are as many, each four merged
  /// with what was there (Chan, Golub and LeVeque 1979), then one by one (Welford 1962).
  template <class T>
  HUSH_HOST_DEVICE void walk(const PixelColumn<const T>& x, std::int64_t first, std::int64_t end, std::int64_t step) {
    float count = 0;
    for (; first + 3 * step < end; first += 4 * step) {
      const Vec<W> a = Vec<W>::load(x.at(first)), b = Vec<W>::load(x.at(first + step)),
                   c = Vec<W>::load(x.at(first + 2 * step)), d = Vec<W>::load(x.at(first + 3 * step));
      const float share = 4 / (count + 4);
      for (int w = 0; w < W; ++w) {
        const float centre = 0.25f * ((a.v[w] + b.v[w]) + (c.v[w] + d.v[w]));
        const float p = a.v[w] - centre, q = b.v[w] - centre, r = c.v[w] - centre, s = d.v[w] - centre;
        const float distance = centre - mean.v[w];
        mean.v[w] += distance * share;
        squares.v[w] += ((p * p + q * q) + (r * r + s * s)) + distance * distance * count * share;
      }
      count += 4;
    }
    for (; first < end; first += step) {
      const Vec<W> a = Vec<W>::load(x.at(first));
      count += 1;
      for (int w = 0; w < W; ++w) {
        const float distance = a.v[w] - mean.v[w];
        mean.v[w] += distance / count;
        squares.v[w] += distance * (a.v[w] - mean.v[w]);
      }
    }
  }
};

/// Mean and sum of squared deviations of each group within one slab of an image, for all members to read. `scratch` has
/// 2 * column_scratch floats.
template <int W, class T, class Team>
HUSH_HOST_DEVICE void slab_moments(const Team& team, const NormTask<T>& task, std::int64_t image, const Slab& slab,
                                   float* means, float* squares, float* scratch) {
  const std::int64_t columns = task.s.channels, rows = rows_at_once<W>(columns, team.size()), plane = rows * columns;
  const std::int64_t pixels = slab.end - slab.begin;
  float *mean = scratch, *square = scratch + plane;
  for (std::int64_t i = std::int64_t(team.rank()) * W; i < plane; i += std::int64_t(team.size()) * W) {
    const auto x = side_by_side(task.s, task.fusion.beside_channels, task.x, task.fusion.beside, image, i % columns);
    ColumnMoments<W> moments;
    moments.walk(x, slab.begin + i / columns, slab.end, rows);
    for (int w = 0; w < W; ++w) {
      mean[i + w] = moments.mean.v[w];
      square[i + w] = moments.squares.v[w];
    }
  }
  team.sync();
  // The rows under way of each channel, then the channels of each group: merged by way of the common mean.
  for (std::int64_t c = team.rank(); c < columns; c += team.size()) {
    float sum = 0, sum_of_squares = 0;
    for (std::int64_t row = 0; row < rows && row < pixels; ++row)
      sum += float((pixels - row + rows - 1) / rows) * (mean[row * columns + c] - mean[c]);
    const float all = mean[c] + sum / float(pixels);
    for (std::int64_t row = 0; row < rows && row < pixels; ++row) {
      const float distance = mean[row * columns + c] - all;
      sum_of_squares += square[row * columns + c] + distance * distance * float((pixels - row + rows - 1) / rows);
    }
    mean[c] = all;
    square[c] = sum_of_squares;
  }
  team.sync();
  const std::int64_t width = task.width();
  sum_groups(team, task.s.groups, width, means,
             [=](std::int64_t g, std::int64_t i) { return mean[g * width + i] / float(width); });
  sum_groups(team, task.s.groups, width, squares, [=](std::int64_t g, std::int64_t i) {
    const float distance = mean[g * width + i] - means[g];
    return square[g * width + i] + distance * distance * float(pixels);
  });
}

/// The moments of each group of an image from those of its slabs, [slabs][2][groups], for all members to read.
template <class Team>
HUSH_HOST_DEVICE void merge_slabs(const Team& team, const GroupNormSizes& s, std::int64_t slabs, const float* partial,
                                  float* means, float* squares) {
  const std::int64_t groups = s.groups, pixels = s.pixels;
  sum_groups(team, groups, slabs, means, [=](std::int64_t g, std::int64_t i) {
    const Slab slab(i, slabs, pixels);
    return partial[2 * i * groups + g] * (float(slab.end - slab.begin) / float(pixels));
  });
  const float width = float(s.channels / groups);
  sum_groups(team, groups, slabs, squares, [=](std::int64_t g, std::int64_t i) {
    const Slab slab(i, slabs, pixels);
    const float distance = partial[2 * i * groups + g] - means[g];
    return partial[(2 * i + 1) * groups + g] + distance * distance * width * float(slab.end - slab.begin);
  });
}

/// Writes what stands for `unit`, a pixel of y, or of x where each pixel of x is two by two of y.
template <int W, class T>
HUSH_HOST_DEVICE void write_unit(const NormColumn<T, W>& column, std::int64_t unit, const PixelColumn<T>& y) {
  const std::int64_t width = column.task.fusion.width;
  switch (column.task.fusion.resample) {
    case Resample::none:
      column.after_activation(unit).store(y.at(unit));
      break;
    case Resample::nearest2: {
      const std::int64_t to = fine_corner(unit, width);
      const Vec<W> v = column.after_activation(unit);
      v.store(y.at(to));
      v.store(y.at(to + 1));
      v.store(y.at(to + 2 * width));
      v.store(y.at(to + 2 * width + 1));
      break;
    }
    case Resample::average2: {
      const std::int64_t from = fine_corner(unit, width / 2);
      Vec<W> sum = column.after_activation(from);
      for (int k = 1; k < 4; ++k) {
        const Vec<W> v = column.after_activation(from + k % 2 + k / 2 * width);
        for (int w = 0; w < W; ++w) sum.v[w] += v.v[w];
      }
      for (int w = 0; w < W; ++w) sum.v[w] *= 0.25f;
      sum.store(y.at(unit));
    }
  }
}

namespace bodies {
/// Body: a team a slab, the images from `first` on: the moments of its groups, [image][slab][2][groups].
template <class T, int W>
struct GroupNormMoments {
  NormTask<T> task;
  std::int64_t first, slabs;
  float* partial;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t groups = task.s.groups;
    float *means = team.template shared<float>(), *squares = means + groups;
    slab_moments<W>(team, task, first + team.block() / slabs, Slab(team.block() % slabs, slabs, task.s.pixels), means,
                    squares, squares + groups);
    for (std::int64_t i = team.rank(); i < 2 * groups; i += team.size())
      partial[2 * team.block() * groups + i] = means[i];
  }
};

/// Body: a team a slab, the images from `first` on: mean and rstd, from the slabs' moments or, where an image is one
/// slab and `partial` nullptr, from the image; then y.
template <class T, int W>
struct GroupNormApply {
  static constexpr int most_members = most_norm_members;
  NormTask<T> task;
  std::int64_t first, slabs;
  const float* partial;
  T* y;
  float *mean, *rstd;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const GroupNormSizes& s = task.s;
    const std::int64_t slab = team.block() % slabs, image = first + team.block() / slabs, groups = s.groups;
    float *means = team.template shared<float>(), *rstds = means + groups;
    if (partial)
      merge_slabs(team, s, slabs, partial + 2 * (team.block() - slab) * groups, means, rstds);
    else
      slab_moments<W>(team, task, image, Slab(0, 1, s.pixels), means, rstds, rstds + groups);
    for (std::int64_t g = team.rank(); g < groups; g += team.size()) {
      rstds[g] = 1 / std::sqrt(rstds[g] / (float(s.pixels) * float(task.width())) + float(s.eps));
      if (slab == 0) {
        mean[image * groups + g] = means[g];
        rstd[image * groups + g] = rstds[g];
      }
    }
    team.sync();

    const std::int64_t pixels = task.pixels_out(), rows = rows_at_once<W>(s.channels, team.size());
    const Slab units(slab, slabs, pixels < s.pixels ? pixels : s.pixels);
    for (std::int64_t i = std::int64_t(team.rank()) * W; i < rows * s.channels; i += std::int64_t(team.size()) * W) {
      const std::int64_t c = i % s.channels;
      const NormColumn<T, W> column(task, image, c, means, rstds);
      const PixelColumn<T> to{y + image * pixels * s.channels + c, s.channels};
      for (std::int64_t u = units.begin + i / s.channels; u < units.end; u += rows) write_unit(column, u, to);
    }
  }
};

template <class P, class M, class T, int W>
void group_norm_kernels(const Cuda<P, M>& on, const NormTask<T>& task, T* y, float* mean, float* rstd) {
  const GroupNormSizes& s = task.s;
  const std::int64_t slabs = norm_slabs(s);
  const int members = slabs == 1 ? whole_image_members(s) : norm_members;
  const std::int64_t floats = 2 * s.groups + column_scratch<W>(s.channels, members, 2);
  TeamGrid grid{.threads = members, .shared = std::size_t(floats) * sizeof(float)};
  check_scratch("group_norm", s.channels, grid.shared);
  if (slabs == 1) {
    grid.teams = s.batch;
    launch(on, GroupNormApply<T, W>{task, 0, 1, nullptr, y, mean, rstd}, grid);
    return;
  }
  const std::int64_t images = std::min(s.batch, images_at_once<T>(s, 1));
  const auto partial = on.template allocate<float>(images * slabs * 2 * s.groups);
  for (std::int64_t first = 0; first < s.batch; first += images) {
    grid.teams = std::min(images, s.batch - first) * slabs;
    launch(on, GroupNormMoments<T, W>{task, first, slabs, partial.get()}, grid);
    launch(on, GroupNormApply<T, W>{task, first, slabs, partial.get(), y, mean, rstd}, grid);
  }
}
}  // namespace bodies

/// Group normalization and what `fusion` says around it, in one pass over x for small images and two for large ones.
/// mean and rstd are [batch, groups]; y is of x's shape, or of that after resampling.
template <class P, class M>
void group_norm_fused(const Cuda<P, M>& on, const GroupNormSizes& s, const NormFusion<ScalarOf<P>>& fusion,
                      const ScalarOf<P>* x, const float* gamma, const float* beta, ScalarOf<P>* y, float* mean,
                      float* rstd) {
  using T = ScalarOf<P>;
  if (s.batch * s.pixels == 0) return;
  const NormTask<T> task{s, fusion, x, gamma, beta};
  if (eight_channels(task, y))
    bodies::group_norm_kernels<P, M, T, 8>(on, task, y, mean, rstd);
  else
    bodies::group_norm_kernels<P, M, T, 1>(on, task, y, mean, rstd);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
