#pragma once
#include <cmath>
#include <vector>

#include <hush/cpu/layer_norm.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = x rstd gamma, rstd ([rows]) = 1 / sqrt(mean(x^2) + eps) over the `width` numbers of each row. Rows are
/// independent, and are divided among the threads.
template <class T>
void rms_norm(const Cpu<T>& cpu, std::int64_t rows, std::int64_t width, double eps, const T* x, const T* gamma, T* y,
              T* rstd) {
  const std::int64_t band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / width);
  parallel(cpu, (rows + band - 1) / band, [&](std::int64_t task) {
    for (std::int64_t r = task * band; r < std::min(rows, (task + 1) * band); ++r) {
      const T* in = x + r * width;
      T* out = y + r * width;
      const double squares = cpu_detail::sum_blocks<T>(width, [&](auto i, auto count) -> cpu_detail::Numbers<T> {
        const cpu_detail::Numbers<T> v = cpu_detail::load_block(in + i, count);
        return v * v;
      });
      const T factor = T(1 / std::sqrt(squares / double(width) + eps));
      rstd[r] = factor;
      cpu_detail::each_block(0, width, width, [&](auto i, auto, auto count) {
        cpu_detail::store_block<T>(
            out + i, count, cpu_detail::load_block(in + i, count) * factor * cpu_detail::load_block(gamma + i, count));
      });
    }
  });
}

namespace cpu_detail {

/// One row of rms_norm_backward: writes dx, adds to of_gamma.
template <class T>
void rms_norm_row(std::int64_t width, const T* dy, const T* x, const T* gamma, T factor, T* dx, T* of_gamma) {
  const double sum_x = sum_blocks<T>(width, [&](auto i, auto count) -> Numbers<T> {
    return load_block(dy + i, count) * load_block(gamma + i, count) * load_block(x + i, count);
  });
  const T slope = T(sum_x * double(factor) * double(factor) / double(width));
  each_block(0, width, width, [&](auto i, auto, auto count) {
    const Numbers<T> d = load_block(dy + i, count), v = load_block(x + i, count);
    store_block<T>(dx + i, count, factor * (d * load_block(gamma + i, count) - slope * v));
    store_block<T>(of_gamma + i, count, load_block(of_gamma + i, count) + d * v * factor);
  });
}

}  // namespace cpu_detail

/// Gradients of rms_norm: with g = dy gamma and xhat = x rstd,
///   dx = rstd (g - xhat mean(g xhat)),  dgamma = sum(dy xhat).
/// The rows fall into `images` runs of equal length: dgamma sums the rows of an image, then the images, in order.
template <class T>
void rms_norm_backward(const Cpu<T>& cpu, std::int64_t images, std::int64_t rows, std::int64_t width, const T* dy,
                       const T* x, const T* gamma, const T* rstd, T* dx, T* dgamma) {
  const std::int64_t rows_an_image = rows / std::max<std::int64_t>(1, images);
  std::vector<T> sums(std::size_t(images * width), T(0));
  parallel(cpu, images, [&](std::int64_t image) {
    for (std::int64_t r = image * rows_an_image; r < (image + 1) * rows_an_image; ++r)
      cpu_detail::rms_norm_row(width, dy + r * width, x + r * width, gamma, rstd[r], dx + r * width,
                               sums.data() + image * width);
  });
  for (std::int64_t c = 0; c < width; ++c) {
    double total = 0;
    for (std::int64_t image = 0; image < images; ++image) total += double(sums[std::size_t(image * width + c)]);
    dgamma[c] = T(total);
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
