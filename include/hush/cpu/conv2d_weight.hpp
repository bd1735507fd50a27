#pragma once
#include <cstring>

#include <hush/cpu/tile.hpp>
#include <hush/kernels/conv2d_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The gradient of a convolution's weights as a matrix product over pixels: for every tap, [channels of x] by [channels
/// of dy]. Pixels are taken in chunks of fixed size: a chunk of both images is packed into panels, then every tile of
/// sums adds what the chunk gives it, so that the result does not depend on the number of threads. If x has few
/// channels its windows are copied together as channels of one tap (im2col); if dy has few, its windows are, with the
/// roles of x and dy swapped.
template <class T>
class WeightGradient {
 public:
  WeightGradient(const Cpu<T>& cpu, const Conv2dSizes& sizes, const T* x, const T* dy)
      : cpu_(cpu), s_(sizes), g_(sizes), left_(x), right_(dy) {
    constexpr std::int64_t few = 4;
    const bool several_taps = s_.kernel_h * s_.kernel_w > 1;
    patches_ = s_.out <= few && s_.in > few   ? Patches::of_dy
               : s_.in <= few && several_taps ? Patches::of_x
                                              : Patches::none;
    if (patches_ != Patches::none) {
      const bool of_x = patches_ == Patches::of_x;
      g_.in = s_.kernel_h * s_.kernel_w * (of_x ? s_.in : s_.out);
      g_.out = of_x ? s_.out : s_.in;
      g_.height = g_.out_height = of_x ? s_.out_height : s_.height;
      g_.width = g_.out_width = of_x ? s_.out_width : s_.width;
      g_.kernel_h = g_.kernel_w = g_.stride = 1;
      g_.pad_top = g_.pad_left = 0;
      if (!of_x) std::swap(left_, right_);
    }
    in_panels_ = ceil_div(g_.in, rows);
    out_panels_ = ceil_div(g_.out, width);
    sums_ = cpu.template allocate<T>(in_panels_ * out_panels_ * taps() * rows * width);
    bias_ = cpu.template allocate<T>(out_panels_ * width);
    std::fill_n(sums_.get(), in_panels_ * out_panels_ * taps() * rows * width, T(0));
    std::fill_n(bias_.get(), out_panels_ * width, T(0));
    plan();
  }

  void run(T* dweight, T* dbias) {
    for (std::int64_t n = 0; n < g_.batch; n += chunk_images_)
      for (std::int64_t r = 0; r < g_.out_height; r += chunk_lines_) {
        first_image_ = n;
        images_ = std::min(chunk_images_, g_.batch - n);
        first_line_ = r;
        lines_ = std::min(chunk_lines_, g_.out_height - r);
        x_first_ = std::clamp<std::int64_t>(r * g_.stride - g_.pad_top, 0, g_.height);
        x_lines_ =
            std::clamp<std::int64_t>((r + lines_ - 1) * g_.stride - g_.pad_top + g_.kernel_h, x_first_, g_.height) -
            x_first_;
        pack();
        parallel(cpu_, in_panels_ * out_panels_, [&](std::int64_t task) { add(task / in_panels_, task % in_panels_); });
      }
    parallel(cpu_, out_panels_, [&](std::int64_t j) { write(j, dweight); });
    if (!dbias) return;
    if (patches_ == Patches::of_dy)
      sum_few(left_, dbias);
    else
      std::copy_n(bias_.get(), g_.out, dbias);
  }

 private:
  enum class Patches { none, of_x, of_dy };
  static constexpr std::int64_t rows = Tile<T>::stacked, width = Tile<T>::columns;

  std::int64_t taps() const { return g_.kernel_h * g_.kernel_w; }

  /// Chunks that fit a second-level cache (a larger one if every number is used for many taps), blocks of them that fit
  /// a first-level one.
  void plan() {
    constexpr std::int64_t block_pixels = 256;
    const std::int64_t chunk_numbers = std::min<std::int64_t>(taps(), 2) << 18;
    const std::int64_t line = g_.out_width * g_.out + g_.stride * g_.width * g_.in;
    const std::int64_t fit = std::max<std::int64_t>(1, chunk_numbers / std::max<std::int64_t>(1, line));
    chunk_lines_ = std::min(fit, g_.out_height);
    chunk_images_ = std::clamp<std::int64_t>(fit / g_.out_height, 1, g_.batch);
    const std::int64_t pixels = g_.out_height * g_.out_width;
    block_images_ = std::max<std::int64_t>(1, block_pixels / pixels);
    block_lines_ = pixels <= block_pixels ? g_.out_height : std::max<std::int64_t>(1, block_pixels / g_.out_width);
    packed_left_ =
        cpu_.template allocate<T>(chunk_images_ * std::min(g_.height, (chunk_lines_ - 1) * g_.stride + g_.kernel_h) *
                                  g_.width * in_panels_ * rows);
    packed_right_ = cpu_.template allocate<T>(chunk_images_ * chunk_lines_ * g_.out_width * out_panels_ * width);
  }
  void pack() {
    const std::int64_t right_lines = images_ * lines_;
    parallel(cpu_, right_lines + images_ * x_lines_, [&](std::int64_t i) {
      if (i < right_lines)
        pack_right(i);
      else
        pack_left(i - right_lines);
    });
  }
  void pack_right(std::int64_t i) {
    const std::int64_t image = first_image_ + i / lines_, y = first_line_ + i % lines_;
    pack_line<width>(right_ + (image * g_.out_height + y) * g_.out_width * g_.out, g_.out_width, g_.out,
                     packed_right_.get() + i * g_.out_width * width, images_ * lines_ * g_.out_width * width);
  }
  void pack_left(std::int64_t i) {
    const std::int64_t image = first_image_ + i / x_lines_, y = x_first_ + i % x_lines_;
    T* to = packed_left_.get() + i * g_.width * rows;
    const std::int64_t panel = images_ * x_lines_ * g_.width * rows;
    if (patches_ == Patches::none) {
      pack_line<rows>(left_ + (image * g_.height + y) * g_.width * g_.in, g_.width, g_.in, to, panel);
    } else {
      const auto line = cpu_.template allocate<T>(g_.width * g_.in);
      copy_patches(image, y, line.get());
      pack_line<rows>(line.get(), g_.width, g_.in, to, panel);
    }
  }
  /// One line of pixels cut into panels of `cut` channels.
  template <std::int64_t cut>
  static void pack_line(const T* from, std::int64_t pixels, std::int64_t channels, T* to, std::int64_t panel) {
    std::int64_t c = 0;
    for (; c + cut <= channels; c += cut, to += panel)
      for (std::int64_t p = 0; p < pixels; ++p) std::memcpy(to + p * cut, from + p * channels + c, cut * sizeof(T));
    if (c == channels) return;
    for (std::int64_t p = 0; p < pixels; ++p)
      for (std::int64_t i = 0; i < cut; ++i) to[p * cut + i] = c + i < channels ? from[p * channels + c + i] : T(0);
  }
  /// The line y of patches: pixel x has, for every tap, the channels that the tap meets, zeros outside.
  void copy_patches(std::int64_t image, std::int64_t y, T* to) const {
    const bool of_x = patches_ == Patches::of_x;
    const std::int64_t channels = of_x ? s_.in : s_.out;
    const std::int64_t high = of_x ? s_.height : s_.out_height, wide = of_x ? s_.width : s_.out_width;
    std::fill_n(to, g_.width * g_.in, T(0));
    for (std::int64_t v = 0; v < s_.kernel_h; ++v) {
      const std::int64_t at_y = meets(y, v, s_.pad_top, high);
      if (at_y < 0) continue;
      const T* line = left_ + (image * high + at_y) * wide * channels;
      for (std::int64_t u = 0; u < s_.kernel_w; ++u) {
        T* tap = to + (v * s_.kernel_w + u) * channels;
        for (std::int64_t x = 0; x < g_.width; ++x) {
          const std::int64_t at_x = meets(x, u, s_.pad_left, wide);
          if (at_x < 0) continue;
          for (std::int64_t c = 0; c < channels; ++c) tap[x * g_.in + c] = line[at_x * channels + c];
        }
      }
    }
  }
  /// The source index of tap k of a patch at `at`, -1 if outside.
  std::int64_t meets(std::int64_t at, std::int64_t k, std::int64_t pad, std::int64_t extent) const {
    std::int64_t there = at * s_.stride - pad + k;
    if (patches_ == Patches::of_dy) {
      there = at + pad - k;
      if (there < 0 || (s_.stride > 1 && there % s_.stride != 0)) return -1;
      if (s_.stride > 1) there /= s_.stride;
    }
    return there < extent ? std::max<std::int64_t>(there, -1) : -1;
  }

  /// The outputs [first, last) of [low, high) that a tap meets inside a source of `extent`.
  struct Range {
    std::int64_t first, last;
  };
  Range inside(std::int64_t low, std::int64_t high, std::int64_t tap, std::int64_t pad, std::int64_t extent) const {
    const std::int64_t before = std::max<std::int64_t>(0, pad - tap), after = extent - 1 + pad - tap;
    const std::int64_t first = std::max(low, ceil_div(before, g_.stride));
    return {first, after < 0 ? first : std::max(first, std::min(high, after / g_.stride + 1))};
  }
  /// Adds the chunk to the tiles of output panel j and input panel i, and to the bias.
  void add(std::int64_t j, std::int64_t i) {
    T* sums = sums_.get() + (j * in_panels_ + i) * taps() * rows * width;
    const T* dy = packed_right_.get() + j * images_ * lines_ * g_.out_width * width;
    const T* x = packed_left_.get() + i * images_ * x_lines_ * g_.width * rows;
    for (std::int64_t n = 0; n < images_; n += block_images_)
      for (std::int64_t r = 0; r < lines_; r += block_lines_)
        for (std::int64_t tap = 0; tap < taps(); ++tap) add_block(j, n, r, tap, x, dy, sums + tap * rows * width);
    if (i == 0) add_bias(images_ * lines_ * g_.out_width, dy, bias_.get() + j * width);
  }
  void add_block(std::int64_t j, std::int64_t n, std::int64_t r, std::int64_t tap, const T* x, const T* dy,
                 T* sums) const {
    const std::int64_t v = tap / g_.kernel_w, u = tap % g_.kernel_w;
    const std::int64_t low = first_line_ + r, high = first_line_ + std::min(lines_, r + block_lines_);
    const Range ys = inside(low, high, v, g_.pad_top, g_.height);
    const Range xs = inside(0, g_.out_width, u, g_.pad_left, g_.width);
    if (ys.first >= ys.last || xs.first >= xs.last) return;
    Walk walk{.images = std::min(block_images_, images_ - n),
              .lines = ys.last - ys.first,
              .steps = xs.last - xs.first,
              .a_image = x_lines_ * g_.width * rows,
              .a_line = g_.stride * g_.width * rows,
              .a_step = g_.stride * rows,
              .b_image = lines_ * g_.out_width * width,
              .b_line = g_.out_width * width,
              .b_step = width};
    if (walk.a_line == walk.steps * walk.a_step && walk.b_line == walk.steps * width) {
      walk.steps *= walk.lines;
      walk.lines = 1;
    }
    if (walk.lines == 1) {
      walk.lines = walk.images;
      walk.images = 1;
      walk.a_line = walk.a_image;
      walk.b_line = walk.b_image;
    }
    const std::int64_t from_y = ys.first * g_.stride - g_.pad_top + v - x_first_;
    const std::int64_t from_x = xs.first * g_.stride - g_.pad_left + u;
    const bool narrow = g_.out - j * width <= simd::packet_size<T>;
    (narrow ? stacked_kernel<T, 1>
            : stacked_kernel<T, 2>)(walk, x + ((n * x_lines_ + from_y) * g_.width + from_x) * rows,
                                    dy + ((n * lines_ + ys.first - first_line_) * g_.out_width + xs.first) * width,
                                    sums);
  }
  static void add_bias(std::int64_t pixels, const T* dy, T* bias) {
    for (std::int64_t c = 0; c < width; c += simd::packet_size<T>) {
      auto sum = simd::broadcast<T>(T(0));
      for (std::int64_t p = 0; p < pixels; ++p) sum = simd::add<T>(sum, simd::load<T>(dy + p * width + c));
      simd::store<T>(bias + c, simd::add<T>(simd::load<T>(bias + c), sum));
    }
  }
  /// Sums of few channels over all pixels, line by line.
  void sum_few(const T* dy, T* dbias) const {
    std::fill_n(dbias, s_.out, T(0));
    const std::int64_t line = s_.out_width * s_.out;
    for (const T* end = dy + s_.batch * s_.out_height * line; dy != end; dy += line)
      for (std::int64_t o = 0; o < s_.out; ++o) {
        T sum = 0;
        for (std::int64_t i = o; i < line; i += s_.out) sum += dy[i];
        dbias[o] += sum;
      }
  }
  /// The finished sums of right panel j in the weights' own layout [out, taps, in].
  void write(std::int64_t j, T* dweight) const {
    const std::int64_t all_taps = s_.kernel_h * s_.kernel_w;
    for (std::int64_t i = 0; i < in_panels_; ++i)
      for (std::int64_t tap = 0; tap < taps(); ++tap) {
        const T* sums = sums_.get() + ((j * in_panels_ + i) * taps() + tap) * rows * width;
        const std::int64_t lefts = std::min(rows, g_.in - i * rows), rights = std::min(width, g_.out - j * width);
        for (std::int64_t c = 0; c < rights; ++c)
          for (std::int64_t r = 0; r < lefts; ++r) {
            const std::int64_t left = tap * g_.in + i * rows + r, right = j * width + c;  // left: (tap, channel)
            const std::int64_t at = patches_ == Patches::of_dy
                                        ? (left % s_.out * all_taps + left / s_.out) * s_.in + right
                                        : right * all_taps * s_.in + left;
            dweight[at] = sums[r * width + c];
          }
      }
  }

  const Cpu<T>& cpu_;
  Conv2dSizes s_, g_;  // as given, and as computed
  const T *left_, *right_;
  Patches patches_ = Patches::none;
  std::int64_t in_panels_ = 0, out_panels_ = 0;
  std::int64_t chunk_images_ = 1, chunk_lines_ = 1, block_images_ = 1, block_lines_ = 1;
  std::int64_t first_image_ = 0, images_ = 0, first_line_ = 0, lines_ = 0, x_first_ = 0, x_lines_ = 0;
  std::shared_ptr<T[]> sums_, bias_, packed_left_, packed_right_;
};

inline bool has_no_pixels(const Conv2dSizes& s) {
  return s.batch <= 0 || s.out_height <= 0 || s.out_width <= 0 || s.in <= 0 || s.out <= 0;
}
/// The gradient of a convolution without pixels.
template <class T>
void no_weight_gradient(const Conv2dSizes& s, T* dweight, T* dbias) {
  std::fill_n(dweight, s.out * s.kernel_h * s.kernel_w * s.in, T(0));
  if (dbias) std::fill_n(dbias, s.out, T(0));
}

}  // namespace cpu_detail

/// conv2d_backward_weight as a sum of products with every tap, for any sizes.
template <class T>
void conv2d_backward_weight_direct(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* dy, T* dweight,
                                   T* dbias) {
  if (cpu_detail::has_no_pixels(s)) return cpu_detail::no_weight_gradient(s, dweight, dbias);
  cpu_detail::WeightGradient<T>(cpu, s, x, dy).run(dweight, dbias);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
