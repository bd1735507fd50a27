#pragma once
#include <hush/cuda/team/pixels.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// The greatest of each of W channels in a window; what is not a number wins over all.
template <int W, class T>
HUSH_HOST_DEVICE Vec<W> window_max(const PixelsOf<const T>& x, std::int64_t window, std::int64_t image,
                                   std::int64_t row, std::int64_t column, std::int64_t c) {
  Vec<W> best = Vec<W>::load(x.at(image, row * window, column * window, c));
  for (std::int64_t i = 0; i < window; ++i)
    for (std::int64_t j = 0; j < window; ++j) {
      const Vec<W> v = Vec<W>::load(x.at(image, row * window + i, column * window + j, c));
      for (int w = 0; w < W; ++w) best.v[w] = v.v[w] > best.v[w] || v.v[w] != v.v[w] ? v.v[w] : best.v[w];
    }
  return best;
}

/// For each pixel of y.
template <class T, int W>
struct MaxPool {
  std::int64_t window;
  PixelsOf<const T> x;
  PixelsOf<T> y;
  HUSH_HOST_DEVICE void operator()(std::int64_t image, std::int64_t row, std::int64_t column, std::int64_t c) const {
    window_max<W>(x, window, image, row, column, c).store(y.at(image, row, column, c));
  }
};

/// For each window of x, those that x's edge cuts off too.
template <class T, int W>
struct MaxPoolBackward {
  std::int64_t window;
  PixelsOf<const T> dy, x;
  PixelsOf<T> dx;
  HUSH_HOST_DEVICE void operator()(std::int64_t image, std::int64_t row, std::int64_t column, std::int64_t c) const {
    const bool whole = row < dy.height && column < dy.width;
    Vec<W> best{}, rest{};
    if (whole) {
      best = window_max<W>(x, window, image, row, column, c);
      rest = Vec<W>::load(dy.at(image, row, column, c));
    }
    for (std::int64_t i = row * window; i < (row + 1) * window && i < x.height; ++i)
      for (std::int64_t j = column * window; j < (column + 1) * window && j < x.width; ++j) {
        Vec<W> share{};
        if (whole) {
          const Vec<W> v = Vec<W>::load(x.at(image, i, j, c));
          for (int w = 0; w < W; ++w)
            if (v.v[w] == best.v[w] || v.v[w] != v.v[w]) {
              share.v[w] = rest.v[w];
              rest.v[w] = 0;
            }
        }
        share.store(dx.at(image, i, j, c));
      }
  }
};
}  // namespace bodies

/// y[H / window, W / window] = the greatest of each window; rows and columns that fill no window are left out.
template <class P, class M, class T>
void max_pool2d(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t window, const T* x, T* y) {
  const ImageSizes to{s.batch, s.height / window, s.width / window, s.channels};
  if (eight_channels(s.channels, x, y))
    each_pixel<8>(on, to, bodies::MaxPool<T, 8>{window, pixels_of(s, x), pixels_of(to, y)});
  else
    each_pixel<1>(on, to, bodies::MaxPool<T, 1>{window, pixels_of(s, x), pixels_of(to, y)});
}

/// The gradient goes to the first pixel that has the greatest number; the others, those outside of every window too,
/// get 0.
template <class P, class M, class T>
void max_pool2d_backward(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t window, const T* dy, const T* x,
                         T* dx) {
  const ImageSizes from{s.batch, s.height / window, s.width / window, s.channels};
  const ImageSizes windows{s.batch, (s.height + window - 1) / window, (s.width + window - 1) / window, s.channels};
  const auto gradient = pixels_of(from, dy), input = pixels_of(s, x);
  if (eight_channels(s.channels, dy, x, dx))
    each_pixel<8>(on, windows, bodies::MaxPoolBackward<T, 8>{window, gradient, input, pixels_of(s, dx)});
  else
    each_pixel<1>(on, windows, bodies::MaxPoolBackward<T, 1>{window, gradient, input, pixels_of(s, dx)});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
