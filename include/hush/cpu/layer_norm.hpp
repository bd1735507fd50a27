#pragma once
#include <cmath>
#include <vector>

#include <hush/cpu/slabs.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The sum over i < n of the numbers in the blocks f(i, count), without lanes past `count`.
template <class T, class F>
double sum_blocks(std::int64_t n, const F& f) {
  Numbers<T> lanes = Numbers<T>::Zero();
  std::int64_t i = 0;
  for (; i + block_size <= n; i += block_size) lanes += f(i, Whole{});
  if (i < n) {
    Numbers<T> last = f(i, n - i);
    std::fill(last.data() + (n - i), last.data() + block_size, T(0));
    lanes += last;
  }
  return double(lanes.sum());
}

}  // namespace cpu_detail

/// y = (x - mean) rstd gamma + beta, mean and rstd ([rows]) over the `width` numbers of each row. Rows are independent,
/// and are divided among the threads.
template <class T>
void layer_norm(const Cpu<T>& cpu, std::int64_t rows, std::int64_t width, double eps, const T* x, const T* gamma,
                const T* beta, T* y, T* mean, T* rstd) {
  const std::int64_t band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / width);
  parallel(cpu, (rows + band - 1) / band, [&](std::int64_t task) {
    for (std::int64_t r = task * band; r < std::min(rows, (task + 1) * band); ++r) {
      const T* in = x + r * width;
      T* out = y + r * width;
      const double sum =
          cpu_detail::sum_blocks<T>(width, [&](auto i, auto count) { return cpu_detail::load_block(in + i, count); });
      const T centre = T(sum / double(width));
      const double squares = cpu_detail::sum_blocks<T>(width, [&](auto i, auto count) -> cpu_detail::Numbers<T> {
        const cpu_detail::Numbers<T> d = cpu_detail::load_block(in + i, count) - centre;
        return d * d;
      });
      const T factor = T(1 / std::sqrt(squares / double(width) + eps));
      mean[r] = centre;
      rstd[r] = factor;
      cpu_detail::each_block(0, width, width, [&](auto i, auto, auto count) {
        const cpu_detail::Numbers<T> xhat = (cpu_detail::load_block(in + i, count) - centre) * factor;
        cpu_detail::store_block<T>(
            out + i, count, xhat * cpu_detail::load_block(gamma + i, count) + cpu_detail::load_block(beta + i, count));
      });
    }
  });
}

namespace cpu_detail {

/// One row of layer_norm_backward: writes dx unless it is nullptr, adds to of_gamma and of_beta.
template <class T>
void layer_norm_row(std::int64_t width, const T* dy, const T* x, const T* gamma, T centre, T factor, T* dx, T* of_gamma,
                    T* of_beta) {
  each_block(0, width, width, [&](auto i, auto, auto count) {
    const Numbers<T> d = load_block(dy + i, count), h = (load_block(x + i, count) - centre) * factor;
    store_block<T>(of_gamma + i, count, load_block(of_gamma + i, count) + d * h);
    store_block<T>(of_beta + i, count, load_block(of_beta + i, count) + d);
  });
  if (!dx) return;
  const double sum = sum_blocks<T>(width, [&](auto i, auto count) -> Numbers<T> {
    return load_block(dy + i, count) * load_block(gamma + i, count);
  });
  const double sum_xhat = sum_blocks<T>(width, [&](auto i, auto count) -> Numbers<T> {
    return load_block(dy + i, count) * load_block(gamma + i, count) * (load_block(x + i, count) - centre);
  });
  const T mean_dy = T(sum / double(width)), slope = T(sum_xhat * double(factor) * double(factor) / double(width));
  each_block(0, width, width, [&](auto i, auto, auto count) {
    const Numbers<T> g = load_block(dy + i, count) * load_block(gamma + i, count);
    store_block<T>(dx + i, count, factor * (g - mean_dy - slope * (load_block(x + i, count) - centre)));
  });
}

}  // namespace cpu_detail

/// Gradients of layer_norm; see group_norm_backward for the formula. The rows fall into `images` runs of equal length:
/// dgamma and dbeta sum the rows of an image, then the images, in order. Each result may be nullptr.
template <class T>
void layer_norm_backward(const Cpu<T>& cpu, std::int64_t images, std::int64_t rows, std::int64_t width, const T* dy,
                         const T* x, const T* gamma, const T* mean, const T* rstd, T* dx, T* dgamma, T* dbeta) {
  const std::int64_t rows_an_image = rows / std::max<std::int64_t>(1, images);
  std::vector<T> sums(std::size_t(2 * images * width), T(0));  // of dy xhat, and of dy: [image][2][width]
  parallel(cpu, images, [&](std::int64_t image) {
    T* of_image = sums.data() + 2 * image * width;
    for (std::int64_t r = image * rows_an_image; r < (image + 1) * rows_an_image; ++r)
      cpu_detail::layer_norm_row(width, dy + r * width, x + r * width, gamma, mean[r], rstd[r],
                                 dx ? dx + r * width : nullptr, of_image, of_image + width);
  });
  std::vector<double> totals(std::size_t(2 * width), 0.0);
  for (std::int64_t image = 0; image < images; ++image)
    for (std::int64_t c = 0; c < 2 * width; ++c)
      totals[std::size_t(c)] += double(sums[std::size_t(2 * image * width + c)]);
  for (std::int64_t c = 0; c < width; ++c) {
    if (dgamma) dgamma[c] = T(totals[std::size_t(c)]);
    if (dbeta) dbeta[c] = T(totals[std::size_t(width + c)]);
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
