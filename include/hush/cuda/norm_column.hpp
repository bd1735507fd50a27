#pragma once
#include <hush/cuda/activated.hpp>
#include <hush/cuda/team/columns.hpp>
#include <hush/kernels/group_norm_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// What a fused group normalization reads, forward and backward.
template <class T>
struct NormTask {
  GroupNormSizes s;
  NormFusion<T> fusion;
  const T* x;
  const float *gamma, *beta;

  HUSH_HOST_DEVICE std::int64_t width() const { return s.channels / s.groups; }
  HUSH_HOST_DEVICE std::int64_t pixels_out() const {
    return fusion.resample == Resample::nearest2   ? 4 * s.pixels
           : fusion.resample == Resample::average2 ? s.pixels / 4
                                                   : s.pixels;
  }
};

/// Some channels of one image's pixels: those of pixel p begin at first + p * stride.
template <class T>
struct PixelColumn {
  T* first;
  std::int64_t stride;
  HUSH_HOST_DEVICE T* at(std::int64_t pixel) const { return first + pixel * stride; }
};

/// Channels from c on of an image's `pixels` pixels, where the last `beside_channels` of the channels are in a tensor
/// of their own. Eight channels at a time never straddle the two.
template <class T>
HUSH_HOST_DEVICE PixelColumn<T> side_by_side(const GroupNormSizes& s, std::int64_t beside_channels, T* x, T* beside,
                                             std::int64_t image, std::int64_t c) {
  const std::int64_t own = s.channels - beside_channels;
  if (c < own) return {x ? x + image * s.pixels * own + c : nullptr, own};
  return {beside ? beside + image * s.pixels * beside_channels + c - own : nullptr, beside_channels};
}

/// The pixel in the upper left corner of the 2x2 that a pixel of the coarser image stands for, in the finer one, whose
/// lines have 2 * coarse_width pixels.
HUSH_HOST_DEVICE inline std::int64_t fine_corner(std::int64_t pixel, std::int64_t coarse_width) {
  const std::uint32_t p = std::uint32_t(pixel), w = std::uint32_t(coarse_width);
  return 4 * (p / w) * coarse_width + 2 * (p % w);
}
/// The pixel of the coarser image that stands for a pixel of the finer one.
HUSH_HOST_DEVICE inline std::int64_t coarse_pixel(std::int64_t pixel, std::int64_t coarse_width) {
  const std::uint32_t p = std::uint32_t(pixel), w = std::uint32_t(2 * coarse_width);
  return (p / w / 2) * coarse_width + p % w / 2;
}

/// W channels from c on of one image, with all that is the same for each of its pixels: v = xhat factor + offset, xhat
/// = (x - centre) rstd. `means` and `rstds` are the image's, [groups].
template <class T, int W>
struct NormColumn {
  const NormTask<T>& task;
  PixelColumn<const T> x, residual;
  Vec<W> centre, rstd, factor, offset;

  HUSH_HOST_DEVICE NormColumn(const NormTask<T>& t, std::int64_t image, std::int64_t c, const float* means,
                              const float* rstds)
      : task(t),
        x(side_by_side(t.s, t.fusion.beside_channels, t.x, t.fusion.beside, image, c)),
        residual(side_by_side(t.s, 0, t.fusion.residual, static_cast<const T*>(nullptr), image, c)) {
    const std::uint32_t width = std::uint32_t(t.width());
    for (int w = 0; w < W; ++w) {
      const std::uint32_t channel = std::uint32_t(c) + std::uint32_t(w), g = channel / width;
      const std::int64_t i = image * t.s.channels + channel;
      const float scale = t.fusion.scale ? 1 + float(t.fusion.scale[i]) : 1.0f;
      centre.v[w] = means[g];
      rstd.v[w] = rstds[g];
      factor.v[w] = t.gamma[channel] * scale;
      offset.v[w] = t.beta[channel] * scale + (t.fusion.shift ? float(t.fusion.shift[i]) : 0.0f);
    }
  }
  HUSH_HOST_DEVICE Vec<W> xhat(std::int64_t pixel) const {
    Vec<W> v = Vec<W>::load(x.at(pixel));
    for (int w = 0; w < W; ++w) v.v[w] = (v.v[w] - centre.v[w]) * rstd.v[w];
    return v;
  }
  /// What the activation is given, from xhat at the same pixel.
  HUSH_HOST_DEVICE Vec<W> before_activation(std::int64_t pixel, Vec<W> v) const {
    for (int w = 0; w < W; ++w) v.v[w] = v.v[w] * factor.v[w] + offset.v[w];
    if (residual.first) {
      const Vec<W> more = Vec<W>::load(residual.at(pixel));
      for (int w = 0; w < W; ++w) v.v[w] += more.v[w];
    }
    return v;
  }
  HUSH_HOST_DEVICE Vec<W> after_activation(std::int64_t pixel) const {
    Vec<W> v = before_activation(pixel, xhat(pixel));
    for (int w = 0; w < W; ++w) v.v[w] = activated(task.fusion.activation, v.v[w]);
    return v;
  }
};

/// Whether all channels may be read and written eight at a time.
template <class T, class... Pointers>
bool eight_channels(const NormTask<T>& t, const Pointers*... more) {
  return t.s.channels % 8 == 0 && t.fusion.beside_channels % 8 == 0 && aligned_for_vec8(t.x) &&
         aligned_for_vec8(t.fusion.beside) && aligned_for_vec8(t.fusion.residual) && (aligned_for_vec8(more) && ...);
}

/// Members of a team that has a slab of an image; where it has the whole of it, few processors are at work, and each
/// gets more members, unless the image is tiny.
constexpr int norm_members = 256, most_norm_members = 512;
inline int whole_image_members(const GroupNormSizes& s) {
  return s.pixels * s.channels > 4096 ? most_norm_members : norm_members;
}
/// How many slabs of pixels an image is cut into, a team each: by the shape of one image. 8192 numbers are four wide
/// loads for each of 256 members; an image of twice that is not worth the second kernel. These limits are estimates;
/// nobody has measured them.
inline std::int64_t norm_slabs(const GroupNormSizes& s) {
  const std::int64_t size = s.pixels * s.channels, most = s.pixels < 128 ? s.pixels : 128;
  const std::int64_t slabs = size <= 16384 ? 1 : (size + 8191) / 8192;
  return slabs < most ? slabs : most;
}
/// The pixels of a slab: of `count` in all, from `begin` to `end`.
struct Slab {
  std::int64_t begin, end;
  HUSH_HOST_DEVICE Slab(std::int64_t i, std::int64_t slabs, std::int64_t count)
      : begin(count * i / slabs), end(count * (i + 1) / slabs) {}
};
/// How many images are worked on at a time: as many as the second kernel still finds in the cache after the first,
/// which read `tensors` tensors like x. 24 MiB is about half of the L2 cache of an H200, an estimate that nobody has
/// measured.
template <class T>
std::int64_t images_at_once(const GroupNormSizes& s, int tensors) {
  const std::int64_t bytes = s.pixels * s.channels * std::int64_t(sizeof(T)) * tensors;
  const std::int64_t images = (std::int64_t(24) << 20) / (bytes > 0 ? bytes : 1);
  return images < 1 ? 1 : images;
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
