#pragma once
#include <cmath>

#include <hush/cpu/layer_norm.hpp>
#include <hush/kernels/modulated_norm_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = (x - mean) rstd (1 + scale[image]) + shift[image], mean and rstd ([images * tokens]) over the channels of each
/// token; no mean is taken off, nor written, unless it is centred. scale and shift [images, width] may be nullptr: y is
/// then the norm alone. Tokens are independent, and are divided among the threads.
template <class T>
void modulated_norm(const Cpu<T>& cpu, const ModulatedNormSizes& s, const T* x, const T* scale, const T* shift, T* y,
                    T* mean, T* rstd) {
  const std::int64_t width = s.width, band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / width);
  parallel(cpu, (s.rows() + band - 1) / band, [&](std::int64_t task) {
    for (std::int64_t r = task * band; r < std::min(s.rows(), (task + 1) * band); ++r) {
      const T *in = x + r * width, *scales = scale ? scale + r / s.tokens * width : nullptr,
              *shifts = shift ? shift + r / s.tokens * width : nullptr;
      T centre = 0;
      if (s.centred) {
        centre = T(cpu_detail::sum_blocks<T>(
                       width, [&](auto i, auto count) { return cpu_detail::load_block(in + i, count); }) /
                   double(width));
        mean[r] = centre;
      }
      const double squares = cpu_detail::sum_blocks<T>(width, [&](auto i, auto count) -> cpu_detail::Numbers<T> {
        const cpu_detail::Numbers<T> d = cpu_detail::load_block(in + i, count) - centre;
        return d * d;
      });
      const T factor = T(1 / std::sqrt(squares / double(width) + s.eps));
      rstd[r] = factor;
      cpu_detail::each_block(0, width, width, [&](auto i, auto, auto count) {
        cpu_detail::Numbers<T> v = (cpu_detail::load_block(in + i, count) - centre) * factor;
        if (scales) v *= 1 + cpu_detail::load_block(scales + i, count);
        if (shifts) v += cpu_detail::load_block(shifts + i, count);
        cpu_detail::store_block<T>(y + r * width + i, count, v);
      });
    }
  });
}

namespace cpu_detail {

/// dy (1 + scale), dy where there is no scale.
template <class T, class Count>
Numbers<T> before_modulation(const T* dy, const T* scale, std::int64_t i, Count count) {
  Numbers<T> g = load_block(dy + i, count);
  if (scale) g *= 1 + load_block(scale + i, count);
  return g;
}

/// dx of one token.
template <class T>
void modulated_norm_dx(const ModulatedNormSizes& s, const T* dy, const T* x, const T* scale, T centre, T factor,
                       T* dx) {
  const double width = double(s.width);
  const double sum =
      !s.centred ? 0
                 : sum_blocks<T>(s.width, [&](auto i, auto count) { return before_modulation(dy, scale, i, count); });
  const double sum_xhat = sum_blocks<T>(s.width, [&](auto i, auto count) -> Numbers<T> {
    return before_modulation(dy, scale, i, count) * (load_block(x + i, count) - centre);
  });
  const T mean_g = T(sum / width), slope = T(sum_xhat * double(factor) * double(factor) / width);
  each_block(0, s.width, s.width, [&](auto i, auto, auto count) {
    const Numbers<T> g = before_modulation(dy, scale, i, count);
    store_block<T>(dx + i, count, factor * (g - mean_g - slope * (load_block(x + i, count) - centre)));
  });
}

}  // namespace cpu_detail

/// Gradients of modulated_norm: with g = dy (1 + scale) and xhat = (x - mean) rstd,
///   dx = rstd (g - mean(g) - xhat mean(g xhat)), without mean(g) unless it is centred,
/// and for each image dscale = sum(dy xhat) and dshift = sum(dy) over its tokens, in order. Each may be nullptr.
template <class T>
void modulated_norm_backward(const Cpu<T>& cpu, const ModulatedNormSizes& s, const T* dy, const T* x, const T* scale,
                             const T* mean, const T* rstd, T* dx, T* dscale, T* dshift) {
  const std::int64_t width = s.width;
  parallel(cpu, s.images, [&](std::int64_t image) {
    T *to_scale = dscale ? dscale + image * width : nullptr, *to_shift = dshift ? dshift + image * width : nullptr;
    if (to_scale) std::fill_n(to_scale, width, T(0));
    if (to_shift) std::fill_n(to_shift, width, T(0));
    for (std::int64_t r = image * s.tokens; r < (image + 1) * s.tokens; ++r) {
      const T *d = dy + r * width, *in = x + r * width, centre = s.centred ? mean[r] : T(0), factor = rstd[r];
      if (dx)
        cpu_detail::modulated_norm_dx(s, d, in, scale ? scale + image * width : nullptr, centre, factor,
                                      dx + r * width);
      cpu_detail::each_block(0, width, width, [&](auto i, auto, auto count) {
        const cpu_detail::Numbers<T> v = cpu_detail::load_block(d + i, count);
        if (to_scale) {
          const cpu_detail::Numbers<T> xhat = (cpu_detail::load_block(in + i, count) - centre) * factor;
          cpu_detail::store_block<T>(to_scale + i, count, cpu_detail::load_block(to_scale + i, count) + v * xhat);
        }
        if (to_shift) cpu_detail::store_block<T>(to_shift + i, count, cpu_detail::load_block(to_shift + i, count) + v);
      });
    }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
