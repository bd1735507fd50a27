#pragma once
#include <hush/cpu/tile.hpp>
#include <hush/tensor/conv2d_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// The gradient of a convolution's weights as a matrix product over pixels: for every tap, [channels of x] by
/// [channels of dy]. Pixels are taken in chunks of fixed size: a chunk of both images is packed into panels, then every
/// tile of sums adds what the chunk gives it, so that the result does not depend on the number of threads.
template <class T>
class WeightGradient {
 public:
  WeightGradient(const Cpu<T>& cpu, const Conv2dSizes& sizes, const T* x, const T* dy)
      : cpu_(cpu), s_(sizes), g_(sizes), x_(x), dy_(dy) {
    patches_ = s_.in <= 4 && s_.kernel_h * s_.kernel_w > 1;
    if (patches_) {  // windows copied together: a convolution with one tap
      g_.in = s_.kernel_h * s_.kernel_w * s_.in;
      g_.kernel_h = g_.kernel_w = g_.stride = 1;
      g_.pad_top = g_.pad_left = 0;
      g_.height = s_.out_height;
      g_.width = s_.out_width;
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
    if (dbias) std::copy_n(bias_.get(), g_.out, dbias);
  }

 private:
  static constexpr std::int64_t rows = Tile<T>::stacked, width = Tile<T>::columns;

  std::int64_t taps() const { return g_.kernel_h * g_.kernel_w; }

  /// Chunks that fit a second-level cache, blocks of them that fit a first-level one.
  void plan() {
    constexpr std::int64_t chunk_numbers = 1 << 18, block_pixels = 256;
    const std::int64_t line = g_.out_width * g_.out + g_.stride * g_.width * g_.in;
    const std::int64_t fit = std::max<std::int64_t>(1, chunk_numbers / std::max<std::int64_t>(1, line));
    chunk_lines_ = std::min(fit, g_.out_height);
    chunk_images_ = std::clamp<std::int64_t>(fit / g_.out_height, 1, g_.batch);
    const std::int64_t pixels = g_.out_height * g_.out_width;
    block_images_ = std::max<std::int64_t>(1, block_pixels / pixels);
    block_lines_ = pixels <= block_pixels ? g_.out_height : std::max<std::int64_t>(1, block_pixels / g_.out_width);
    packed_x_ =
        cpu_.template allocate<T>(chunk_images_ * std::min(g_.height, (chunk_lines_ - 1) * g_.stride + g_.kernel_h) *
                                  g_.width * in_panels_ * rows);
    packed_dy_ = cpu_.template allocate<T>(chunk_images_ * chunk_lines_ * g_.out_width * out_panels_ * width);
  }
  void pack() {
    parallel(cpu_, images_ * lines_, [&](std::int64_t i) {
      const std::int64_t image = first_image_ + i / lines_, y = first_line_ + i % lines_;
      pack_line<width>(dy_ + (image * g_.out_height + y) * g_.out_width * g_.out, g_.out_width, g_.out,
                       packed_dy_.get() + i * g_.out_width * width, images_ * lines_ * g_.out_width * width);
    });
    parallel(cpu_, images_ * x_lines_, [&](std::int64_t i) {
      const std::int64_t image = first_image_ + i / x_lines_, y = x_first_ + i % x_lines_;
      T* to = packed_x_.get() + i * g_.width * rows;
      const std::int64_t panel = images_ * x_lines_ * g_.width * rows;
      if (!patches_) {
        pack_line<rows>(x_ + (image * g_.height + y) * g_.width * g_.in, g_.width, g_.in, to, panel);
        return;
      }
      const auto line = cpu_.template allocate<T>(g_.width * g_.in);
      copy_patches(image, y, line.get());
      pack_line<rows>(line.get(), g_.width, g_.in, to, panel);
    });
  }
  /// One line of pixels cut into panels of `cut` channels.
  template <std::int64_t cut>
  static void pack_line(const T* from, std::int64_t pixels, std::int64_t channels, T* to, std::int64_t panel) {
    for (std::int64_t c = 0; c < channels; c += cut, to += panel)
      for (std::int64_t p = 0; p < pixels; ++p) {
        if (c + cut <= channels)
          std::copy_n(from + p * channels + c, cut, to + p * cut);
        else
          std::fill(std::copy_n(from + p * channels + c, channels - c, to + p * cut), to + (p + 1) * cut, T(0));
      }
  }
  void copy_patches(std::int64_t image, std::int64_t y, T* to) const {
    for (std::int64_t x = 0; x < s_.out_width; ++x)
      for (std::int64_t v = 0; v < s_.kernel_h; ++v)
        for (std::int64_t u = 0; u < s_.kernel_w; ++u, to += s_.in) {
          const std::int64_t at_y = y * s_.stride - s_.pad_top + v, at_x = x * s_.stride - s_.pad_left + u;
          if (at_y < 0 || at_y >= s_.height || at_x < 0 || at_x >= s_.width)
            std::fill_n(to, s_.in, T(0));
          else
            std::copy_n(x_ + ((image * s_.height + at_y) * s_.width + at_x) * s_.in, s_.in, to);
        }
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
    const T* dy = packed_dy_.get() + j * images_ * lines_ * g_.out_width * width;
    const T* x = packed_x_.get() + i * images_ * x_lines_ * g_.width * rows;
    for (std::int64_t n = 0; n < images_; n += block_images_)
      for (std::int64_t r = 0; r < lines_; r += block_lines_)
        for (std::int64_t tap = 0; tap < taps(); ++tap) add_block(n, r, tap, x, dy, sums + tap * rows * width);
    if (i == 0) add_bias(images_ * lines_ * g_.out_width, dy, bias_.get() + j * width);
  }
  void add_block(std::int64_t n, std::int64_t r, std::int64_t tap, const T* x, const T* dy, T* sums) const {
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
              .b_line = g_.out_width * width};
    if (walk.a_line == walk.steps * walk.a_step && walk.b_line == walk.steps * width) {
      walk.steps *= walk.lines;
      walk.lines = 1;
    }
    if (walk.lines == 1) {
      walk.lines = walk.images, walk.images = 1;
      walk.a_line = walk.a_image, walk.b_line = walk.b_image;
    }
    const std::int64_t from_y = ys.first * g_.stride - g_.pad_top + v - x_first_;
    const std::int64_t from_x = xs.first * g_.stride - g_.pad_left + u;
    stacked_kernel(walk, x + ((n * x_lines_ + from_y) * g_.width + from_x) * rows,
                   dy + ((n * lines_ + ys.first - first_line_) * g_.out_width + xs.first) * width, sums);
  }
  static void add_bias(std::int64_t pixels, const T* dy, T* bias) {
    for (std::int64_t c = 0; c < width; c += simd::packet_size<T>) {
      auto sum = simd::broadcast<T>(T(0));
      for (std::int64_t p = 0; p < pixels; ++p) sum = simd::add<T>(sum, simd::load<T>(dy + p * width + c));
      simd::store<T>(bias + c, simd::add<T>(simd::load<T>(bias + c), sum));
    }
  }
  /// The finished sums of output panel j in the weights' own layout [out, taps, in].
  void write(std::int64_t j, T* dweight) const {
    for (std::int64_t i = 0; i < in_panels_; ++i)
      for (std::int64_t tap = 0; tap < taps(); ++tap) {
        const T* sums = sums_.get() + ((j * in_panels_ + i) * taps() + tap) * rows * width;
        const std::int64_t channels = std::min(rows, g_.in - i * rows);
        for (std::int64_t o = j * width; o < std::min(g_.out, (j + 1) * width); ++o)
          for (std::int64_t r = 0; r < channels; ++r)
            dweight[(o * taps() + tap) * g_.in + i * rows + r] = sums[r * width + o - j * width];
      }
  }

  const Cpu<T>& cpu_;
  Conv2dSizes s_, g_;  // as given, and as computed
  const T *x_, *dy_;
  bool patches_ = false;
  std::int64_t in_panels_ = 0, out_panels_ = 0;
  std::int64_t chunk_images_ = 1, chunk_lines_ = 1, block_images_ = 1, block_lines_ = 1;
  std::int64_t first_image_ = 0, images_ = 0, first_line_ = 0, lines_ = 0, x_first_ = 0, x_lines_ = 0;
  std::shared_ptr<T[]> sums_, bias_, packed_x_, packed_dy_;
};

/// The gradient of conv2d with respect to its weights [out, kernel_h, kernel_w, in], and to its bias [out] unless
/// `dbias` is null. The same to the last bit for any number of threads.
template <class T>
void conv2d_backward_weight(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* dy, T* dweight, T* dbias) {
  if (s.batch <= 0 || s.out_height <= 0 || s.out_width <= 0 || s.in <= 0 || s.out <= 0) {
    std::fill_n(dweight, s.out * s.kernel_h * s.kernel_w * s.in, T(0));
    if (dbias) std::fill_n(dbias, s.out, T(0));
    return;
  }
  WeightGradient<T>(cpu, s, x, dy).run(dweight, dbias);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
