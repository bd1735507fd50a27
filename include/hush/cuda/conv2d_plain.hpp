#pragma once
#include <cstdint>

#include <hush/cuda/team/pieces.hpp>
#include <hush/kernels/conv2d_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {
namespace bodies {

/// The taps t of a kernel for which start + t lies in [0, size): [first, last).
struct Taps {
  std::int64_t first, last;
  HUSH_HOST_DEVICE Taps(std::int64_t start, std::int64_t kernel, std::int64_t size)
      : first(start < 0 ? -start : 0), last(start + kernel > size ? size - start : kernel) {}
};

/// y = conv2d(x) + residual + bias by its definition, summed in float. A member computes `pixels` neighbours of one
/// channel, so that a weight is read once for all of them; neighbouring members have neighbouring channels.
template <class T>
struct Conv2dForward {
  static constexpr int pixels = 4;
  Conv2dSizes s;
  const T *x, *weight, *bias, *residual;
  T* y;

  static HUSH_HOST_DEVICE std::int64_t groups(const Conv2dSizes& s) { return (s.out_width + pixels - 1) / pixels; }
  static HUSH_HOST_DEVICE std::int64_t items(const Conv2dSizes& s) {
    return s.batch * s.out_height * groups(s) * s.out;
  }
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t item = first_of(team), all = items(s); item < all; item += all_of(team)) {
      const std::int64_t o = item % s.out, column = item / s.out % groups(s) * pixels;
      const std::int64_t line = item / s.out / groups(s), n = line / s.out_height, row = line % s.out_height;
      float sums[pixels] = {};
      add_products(n, row, column, o, sums);
      for (int p = 0; p < pixels && column + p < s.out_width; ++p) {
        const std::int64_t at = (line * s.out_width + column + p) * s.out + o;
        float value = sums[p];
        if (residual) value += float(residual[at]);
        if (bias) value += float(bias[o]);
        y[at] = T(value);
      }
    }
  }

 private:
  HUSH_HOST_DEVICE void add_products(std::int64_t n, std::int64_t row, std::int64_t column, std::int64_t o,
                                     float* sums) const {
    const std::int64_t top = row * s.stride - s.pad_top, left = column * s.stride - s.pad_left;
    const Taps rows(top, s.kernel_h, s.height);
    for (std::int64_t kh = rows.first; kh < rows.last; ++kh)
      for (std::int64_t kw = 0; kw < s.kernel_w; ++kw) {
        const T* w = weight + ((o * s.kernel_h + kh) * s.kernel_w + kw) * s.in;
        const T* line = x + (n * s.height + top + kh) * s.width * s.in;
        for (std::int64_t i = 0; i < s.in; ++i) {
          const float factor = float(w[i]);
          for (int p = 0; p < pixels; ++p) {
            const std::int64_t at = left + p * s.stride + kw;
            if (at >= 0 && at < s.width) sums[p] += factor * float(line[at * s.in + i]);
          }
        }
      }
  }
};

/// y = conv2d(x) + residual + bias for kernels of 1 x 1 that give few channels: a member a pixel, whose channels it
/// reads eight at a time.
template <class T>
struct Conv2dFewOutputs {
  static constexpr int most = 4;
  std::int64_t rows, in, out;
  const T *x, *weight, *bias, *residual;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = first_of(team); row < rows; row += all_of(team)) {
      float sums[most] = {};
      for (std::int64_t c = 0; c < in; c += 8) {
        const Vec8 of_x = Vec8::load(x + row * in + c, in - c);
        for (int o = 0; o < most && o < out; ++o) {
          const Vec8 of_weight = Vec8::load(weight + o * in + c, in - c);
          for (int k = 0; k < 8; ++k) sums[o] += of_x.v[k] * of_weight.v[k];
        }
      }
      for (int o = 0; o < most && o < out; ++o) {
        float value = sums[o];
        if (residual) value += float(residual[row * out + o]);
        if (bias) value += float(bias[o]);
        y[row * out + o] = T(value);
      }
    }
  }
};

/// The gradient with respect to x: every pixel of x gathers from the pixels of dy that it went into. Neighbouring
/// members have neighbouring channels of x.
template <class T>
struct Conv2dBackwardInput {
  Conv2dSizes s;
  const T *dy, *weight;
  T* dx;

  static HUSH_HOST_DEVICE std::int64_t items(const Conv2dSizes& s) { return s.batch * s.height * s.width * s.in; }
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t item = first_of(team), all = items(s); item < all; item += all_of(team)) {
      const std::int64_t i = item % s.in, column = item / s.in % s.width;
      const std::int64_t row = item / s.in / s.width % s.height, n = item / s.in / s.width / s.height;
      float sum = 0;
      for (std::int64_t kh = 0; kh < s.kernel_h; ++kh) {
        const std::int64_t down = row + s.pad_top - kh;  // stride times the row of dy
        if (down < 0 || down % s.stride != 0 || down / s.stride >= s.out_height) continue;
        for (std::int64_t kw = 0; kw < s.kernel_w; ++kw) {
          const std::int64_t right = column + s.pad_left - kw;
          if (right < 0 || right % s.stride != 0 || right / s.stride >= s.out_width) continue;
          const T* from = dy + ((n * s.out_height + down / s.stride) * s.out_width + right / s.stride) * s.out;
          const T* w = weight + (kh * s.kernel_w + kw) * s.in + i;
          for (std::int64_t o = 0; o < s.out; ++o) sum += float(from[o]) * float(w[o * s.kernel_h * s.kernel_w * s.in]);
        }
      }
      dx[item] = T(sum);
    }
  }
};

/// The gradient with respect to the weights: every weight sums over all pixels, line by line. Neighbouring members have
/// neighbouring channels of x.
template <class T>
struct Conv2dBackwardWeight {
  Conv2dSizes s;
  const T *x, *dy;
  T* dweight;

  static HUSH_HOST_DEVICE std::int64_t items(const Conv2dSizes& s) { return s.out * s.kernel_h * s.kernel_w * s.in; }
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t item = first_of(team), all = items(s); item < all; item += all_of(team)) {
      const std::int64_t i = item % s.in, kw = item / s.in % s.kernel_w;
      const std::int64_t kh = item / s.in / s.kernel_w % s.kernel_h, o = item / s.in / s.kernel_w / s.kernel_h;
      float sum = 0;
      for (std::int64_t n = 0; n < s.batch; ++n)
        for (std::int64_t row = 0; row < s.out_height; ++row) {
          const std::int64_t from = row * s.stride - s.pad_top + kh;
          if (from >= 0 && from < s.height)
            sum += line(x + (n * s.height + from) * s.width * s.in + i,
                        dy + (n * s.out_height + row) * s.out_width * s.out + o, kw);
        }
      dweight[item] = T(sum);
    }
  }

 private:
  HUSH_HOST_DEVICE float line(const T* x_line, const T* dy_line, std::int64_t kw) const {
    float sum = 0;
    for (std::int64_t column = 0; column < s.out_width; ++column) {
      const std::int64_t at = column * s.stride - s.pad_left + kw;
      if (at >= 0 && at < s.width) sum += float(x_line[at * s.in]) * float(dy_line[column * s.out]);
    }
    return sum;
  }
};

}  // namespace bodies

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
