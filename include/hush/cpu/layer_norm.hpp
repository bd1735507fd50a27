#pragma once
#include <cmath>
#include <vector>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// The sum over i < n of the numbers in f(i, count), blocks whose lanes past `count` are 0.
template <class T, class F>
double sum_blocks(std::int64_t n, const F& f) {
  Numbers<T> lanes = Numbers<T>::Zero();
  for (std::int64_t i = 0; i < n; i += block_size) lanes += f(i, n - i);
  double sum = 0;
  for (std::int64_t i = 0; i < block_size; ++i) sum += double(lanes[i]);
  return sum;
}

/// y = (x - mean) rstd gamma + beta, mean and rstd ([rows]) over the `width` numbers of each row. A row is an image's
/// own, so that rows are all that is shared out among threads.
template <class T>
void layer_norm(const Cpu<T>& cpu, std::int64_t rows, std::int64_t width, double eps, const T* x, const T* gamma,
                const T* beta, T* y, T* mean, T* rstd) {
  const std::int64_t band = std::max<std::int64_t>(1, numbers_a_task / width);
  parallel(cpu, (rows + band - 1) / band, [&](std::int64_t task) {
    for (std::int64_t r = task * band; r < std::min(rows, (task + 1) * band); ++r) {
      const T* from = x + r * width;
      const T centre =
          T(sum_blocks<T>(width, [&](auto i, auto left) { return load_block(from + i, left); }) / double(width));
      const double squares = sum_blocks<T>(width, [&](auto i, auto left) -> Numbers<T> {
        const Numbers<T> d = load_block(from + i, left, centre) - centre;
        return d * d;
      });
      const T factor = T(1 / std::sqrt(squares / double(width) + eps));
      mean[r] = centre, rstd[r] = factor;
      for (std::int64_t i = 0; i < width; i += block_size) {
        const Numbers<T> v = (load_block(from + i, width - i) - centre) * (load_block(gamma + i, width - i) * factor) +
                             load_block(beta + i, width - i);
        store_block(y + r * width + i, width - i, v);
      }
    }
  });
}

/// Gradients of layer_norm; see group_norm_backward for the formula. The rows fall into `images` runs of equal length:
/// dgamma and dbeta sum the rows of an image, then the images, in order. nullptr where they are not wanted.
template <class T>
void layer_norm_backward(const Cpu<T>& cpu, std::int64_t images, std::int64_t rows, std::int64_t width, const T* dy,
                         const T* x, const T* gamma, const T* mean, const T* rstd, T* dx, T* dgamma, T* dbeta) {
  const std::int64_t rows_an_image = rows / std::max<std::int64_t>(1, images);
  std::vector<T> sums(std::size_t(2 * images * width), T(0));  // of dy xhat, and of dy: [image][2][width]
  parallel(cpu, images, [&](std::int64_t image) {
    T *of_gamma = &sums[std::size_t(2 * image * width)], *of_beta = of_gamma + width;
    for (std::int64_t r = image * rows_an_image; r < (image + 1) * rows_an_image; ++r) {
      const T *d = dy + r * width, *from = x + r * width;
      const T centre = mean[r], factor = rstd[r];
      const auto xhat = [&](std::int64_t i) -> Numbers<T> {
        return (load_block(from + i, width - i, centre) - centre) * factor;
      };
      double sum = 0, sum_xhat = 0;
      if (dx) {
        sum = sum_blocks<T>(width, [&](auto i, auto left) -> Numbers<T> {
          return load_block(d + i, left) * load_block(gamma + i, left);
        });
        sum_xhat = sum_blocks<T>(width, [&](auto i, auto left) -> Numbers<T> {
          return load_block(d + i, left) * load_block(gamma + i, left) * xhat(i);
        });
      }
      const T mean_dy = T(sum / double(width)), mean_dy_xhat = T(sum_xhat / double(width));
      for (std::int64_t i = 0; i < width; i += block_size) {
        const std::int64_t left = width - i;
        const Numbers<T> h = xhat(i), g = load_block(d + i, left);
        store_block<T>(of_gamma + i, left, load_block(of_gamma + i, left) + g * h);
        store_block<T>(of_beta + i, left, load_block(of_beta + i, left) + g);
        if (dx)
          store_block<T>(dx + r * width + i, left,
                         factor * (load_block(gamma + i, left) * g - mean_dy - h * mean_dy_xhat));
      }
    }
  });
  for (std::int64_t c = 0; c < width; ++c) {
    double of_gamma = 0, of_beta = 0;
    for (std::int64_t image = 0; image < images; ++image) {
      of_gamma += double(sums[std::size_t(2 * image * width + c)]);
      of_beta += double(sums[std::size_t((2 * image + 1) * width + c)]);
    }
    if (dgamma) dgamma[c] = T(of_gamma);
    if (dbeta) dbeta[c] = T(of_beta);
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
