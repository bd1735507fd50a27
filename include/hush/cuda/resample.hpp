#pragma once
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/team/pixels.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// How a line of `size` numbers is made `factor` times as long: number i of the new one is (1 - part) times number
/// `left` of the old one, and part times number `right`. Lines are counted in 32 bits, which divide fast.
struct Between {
  int left, right;
  float part;
};
/// Each number `factor` times.
struct NearestLine {
  int size, factor;
  HUSH_HOST_DEVICE Between at(int i) const { return {i / factor, i / factor, 0}; }
  /// The first and the last number of the new line that number p of the old one may have a share in.
  HUSH_HOST_DEVICE int first(int p) const { return p * factor; }
  HUSH_HOST_DEVICE int last(int p) const { return p * factor + factor - 1; }
};
/// Number i stands at (i + 1/2) / factor - 1/2 = (2 i + 1 - factor) / (2 factor) between two of the old line; the ends
/// are held.
struct LinearLine {
  int size, factor;
  HUSH_HOST_DEVICE Between at(int i) const {
    const int place = 2 * i + 1 + factor, unit = 2 * factor;  // of a line that begins one number earlier
    const int left = place / unit - 1, right = left + 1 < size ? left + 1 : size - 1;
    return {left < 0 ? 0 : left, right, float(place % unit) / float(unit)};
  }
  HUSH_HOST_DEVICE int first(int p) const {
    const int i = factor * (p - 1) + (factor - 1) / 2 + 1;
    return i < 0 ? 0 : i;
  }
  HUSH_HOST_DEVICE int last(int p) const {
    const int i = factor * (p + 1) + factor / 2 - 1;
    return i < size * factor ? i : size * factor - 1;
  }
};
/// What of number i of the new line is number p of the old one.
template <class Line>
HUSH_HOST_DEVICE float share(const Line& line, int i, int p) {
  const Between b = line.at(i);
  return (b.left == p ? 1 - b.part : 0.0f) + (b.right == p ? b.part : 0.0f);
}

/// For each pixel of y: between rows, then between columns.
template <class T, int W, class Line>
struct Upsample {
  Line rows, columns;
  PixelsOf<const T> x;
  PixelsOf<T> y;
  HUSH_HOST_DEVICE void operator()(std::int64_t image, std::int64_t row, std::int64_t column, std::int64_t c) const {
    const Between r = rows.at(int(row)), k = columns.at(int(column));
    const Vec<W> left = between_rows(image, r, k.left, c);
    if (k.part == 0) return left.store(y.at(image, row, column, c));
    Vec<W> v = between_rows(image, r, k.right, c);
    for (int w = 0; w < W; ++w) v.v[w] = (1 - k.part) * left.v[w] + k.part * v.v[w];
    v.store(y.at(image, row, column, c));
  }
  HUSH_HOST_DEVICE Vec<W> between_rows(std::int64_t image, const Between& r, std::int64_t column,
                                       std::int64_t c) const {
    const Vec<W> up = Vec<W>::load(x.at(image, r.left, column, c));
    if (r.part == 0) return up;
    Vec<W> v = Vec<W>::load(x.at(image, r.right, column, c));
    for (int w = 0; w < W; ++w) v.v[w] = (1 - r.part) * up.v[w] + r.part * v.v[w];
    return v;
  }
};

/// For each pixel of dx: the pixels of dy that it had a share in.
template <class T, int W, class Line>
struct UpsampleBackward {
  Line rows, columns;
  PixelsOf<const T> dy;
  PixelsOf<T> dx;
  HUSH_HOST_DEVICE void operator()(std::int64_t image, std::int64_t row, std::int64_t column, std::int64_t c) const {
    Vec<W> sum{};
    for (int i = rows.first(int(row)), last = rows.last(int(row)); i <= last; ++i) {
      const float of_row = share(rows, i, int(row));
      for (int j = columns.first(int(column)), end = columns.last(int(column)); j <= end; ++j) {
        const float weight = of_row * share(columns, j, int(column));
        const Vec<W> v = Vec<W>::load(dy.at(image, i, j, c));
        for (int w = 0; w < W; ++w) sum.v[w] += weight * v.v[w];
      }
    }
    sum.store(dx.at(image, row, column, c));
  }
};

/// The channels of `skip`, then those of an upsampling, which writes behind them.
template <class T, int W>
struct SkipThenUpsample {
  PixelsOf<const T> skip;
  PixelsOf<T> y;
  Upsample<T, W, LinearLine> rest;
  HUSH_HOST_DEVICE void operator()(std::int64_t image, std::int64_t row, std::int64_t column, std::int64_t c) const {
    if (c < skip.channels)
      Vec<W>::load(skip.at(image, row, column, c)).store(y.at(image, row, column, c));
    else
      rest(image, row, column, c - skip.channels);
  }
};

template <int W, class P, class M, class T>
void skip_then_upsample(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, std::int64_t skip_channels,
                        const T* skip, const T* x, T* y) {
  const LinearLine rows{int(s.height), int(factor)}, columns{int(s.width), int(factor)};
  const ImageSizes of_skip{s.batch, s.height * factor, s.width * factor, skip_channels};
  const ImageSizes to{s.batch, of_skip.height, of_skip.width, skip_channels + s.channels};
  each_pixel<W>(on, to,
                SkipThenUpsample<T, W>{pixels_of(of_skip, skip),
                                       pixels_of(to, y),
                                       {rows, columns, pixels_of(s, x), pixels_of(to, y + skip_channels)}});
}

template <class Line, class P, class M, class T>
void upsample(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, const T* x, T* y) {
  const Line rows{int(s.height), int(factor)}, columns{int(s.width), int(factor)};
  const ImageSizes to{s.batch, s.height * factor, s.width * factor, s.channels};
  if (eight_channels(s.channels, x, y))
    each_pixel<8>(on, to, Upsample<T, 8, Line>{rows, columns, pixels_of(s, x), pixels_of(to, y)});
  else
    each_pixel<1>(on, to, Upsample<T, 1, Line>{rows, columns, pixels_of(s, x), pixels_of(to, y)});
}
template <class Line, class P, class M, class T>
void upsample_backward(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, const T* dy, T* dx) {
  const Line rows{int(s.height), int(factor)}, columns{int(s.width), int(factor)};
  const ImageSizes from{s.batch, s.height * factor, s.width * factor, s.channels};
  if (eight_channels(s.channels, dy, dx))
    each_pixel<8>(on, s, UpsampleBackward<T, 8, Line>{rows, columns, pixels_of(from, dy), pixels_of(s, dx)});
  else
    each_pixel<1>(on, s, UpsampleBackward<T, 1, Line>{rows, columns, pixels_of(from, dy), pixels_of(s, dx)});
}
}  // namespace bodies

/// y [H * factor, W * factor]: every pixel `factor` times each way.
template <class P, class M, class T>
void upsample_nearest(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, const T* x, T* y) {
  bodies::upsample<bodies::NearestLine>(on, s, factor, x, y);
}
/// `s` are the extents of dx.
template <class P, class M, class T>
void upsample_nearest_backward(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, const T* dy, T* dx) {
  bodies::upsample_backward<bodies::NearestLine>(on, s, factor, dy, dx);
}

/// y [H * factor, W * factor]: linear between the pixels' centres each way, constant beyond the outermost.
template <class P, class M, class T>
void upsample_bilinear(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, const T* x, T* y) {
  bodies::upsample<bodies::LinearLine>(on, s, factor, x, y);
}
/// `s` are the extents of dx.
template <class P, class M, class T>
void upsample_bilinear_backward(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, const T* dy, T* dx) {
  bodies::upsample_backward<bodies::LinearLine>(on, s, factor, dy, dx);
}

/// y [H * factor, W * factor, skip_channels + C] = the channels of `skip`, then those of upsample_bilinear(x).
template <class P, class M, class T>
void concat_upsampled(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor, std::int64_t skip_channels,
                      const T* skip, const T* x, T* y) {
  if (eight_channels(s.channels, x, y) && eight_channels(skip_channels, skip))
    bodies::skip_then_upsample<8>(on, s, factor, skip_channels, skip, x, y);
  else
    bodies::skip_then_upsample<1>(on, s, factor, skip_channels, skip, x, y);
}
/// `s` are the extents of dx. Either gradient may be nullptr, if it is not wanted.
template <class P, class M, class T>
void concat_upsampled_backward(const Cuda<P, M>& on, const ImageSizes& s, std::int64_t factor,
                               std::int64_t skip_channels, const T* dy, T* dskip, T* dx) {
  const ImageSizes from{s.batch, s.height * factor, s.width * factor, skip_channels + s.channels};
  if (dskip)
    copy_columns(on, from.batch * from.height * from.width, skip_channels, dy, from.channels, dskip, skip_channels);
  if (!dx) return;
  using bodies::LinearLine;
  const LinearLine rows{int(s.height), int(factor)}, columns{int(s.width), int(factor)};
  const auto change = pixels_of(from, dy + skip_channels);
  if (eight_channels(s.channels, dy, dx) && skip_channels % 8 == 0)
    each_pixel<8>(on, s, bodies::UpsampleBackward<T, 8, LinearLine>{rows, columns, change, pixels_of(s, dx)});
  else
    each_pixel<1>(on, s, bodies::UpsampleBackward<T, 1, LinearLine>{rows, columns, change, pixels_of(s, dx)});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
