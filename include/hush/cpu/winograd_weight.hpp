#pragma once
#include <hush/cpu/winograd_f2.hpp>
#include <hush/kernels/conv2d_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// H g H^T of 2 x 2 pixels g, where H g = g0, g0 + g1, g0 - g1, g1. Each pixel has `channels` numbers, a packet at
/// least. The 16 results lie `matrix` numbers apart.
template <class T>
void winograd_gradient(std::int64_t channels, const T* const* from, T* to, std::int64_t matrix) {
  using simd::add, simd::load, simd::store, simd::subtract;
  for (std::int64_t i = 0; i < channels; i += simd::packet_size<T>) {
    const std::int64_t c = std::min(i, channels - simd::packet_size<T>);  // the last may repeat some of the one before
    simd::Packet<T> g[4][2];
    simd::unrolled<2>([&](int u) __attribute__((always_inline)) {
      g[0][u] = load<T>(from[u] + c);
      g[3][u] = load<T>(from[2 + u] + c);
      g[1][u] = add<T>(g[0][u], g[3][u]);
      g[2][u] = subtract<T>(g[0][u], g[3][u]);
    });
    simd::unrolled<4>([&](int v) __attribute__((always_inline)) {
      T* line = to + 4 * v * matrix + c;
      store<T>(line, g[v][0]);
      store<T>(line + matrix, add<T>(g[v][0], g[v][1]));
      store<T>(line + 2 * matrix, subtract<T>(g[v][0], g[v][1]));
      store<T>(line + 3 * matrix, g[v][1]);
    });
  }
}

/// C^T s C of 4 x 4 packets of sums s, which lie `matrix` numbers apart: 3 x 3 packets, where C^T s = s0 + (s1 + s2) /
/// 2, (s1 - s2) / 2, (s1 + s2) / 2 - s3.
template <class T>
void winograd_taps(const T* from, std::int64_t matrix, simd::Packet<T> (&taps)[3][3]) {
  using simd::add, simd::load, simd::multiply, simd::subtract;
  const auto half = simd::broadcast<T>(T(0.5));
  const auto fold = [half](const auto& a, const auto& b, const auto& c, const auto& d, auto&& to)
      __attribute__((always_inline)) {
    const auto even = multiply<T>(half, add<T>(b, c));
    to(0, add<T>(a, even));
    to(1, multiply<T>(half, subtract<T>(b, c)));
    to(2, subtract<T>(even, d));
  };
  simd::Packet<T> lines[3][4];
  simd::unrolled<4>([&](int u) __attribute__((always_inline)) {
    const T* at = from + u * matrix;
    fold(
        load<T>(at), load<T>(at + 4 * matrix), load<T>(at + 8 * matrix),
        load<T>(at + 12 * matrix), [&](int v, const simd::Packet<T>& x) __attribute__((always_inline)) {
          lines[v][u] = x;
        });
  });
  simd::unrolled<3>([&](int v) __attribute__((always_inline)) {
    fold(
        lines[v][0], lines[v][1], lines[v][2],
        lines[v][3], [&](int u, const simd::Packet<T>& x) __attribute__((always_inline)) { taps[v][u] = x; });
  });
}

/// The gradient of the weights of a 3 x 3 convolution of stride 1 by minimal filtering F(3 x 3, 2 x 2) (Lavin & Gray
/// 2016, arXiv:1509.09308): C^T (sum over tiles of V * W) C, where V = B^T d B of the 4 x 4 pixels d that a tile of
/// 2 x 2 pixels g of dy meets, W = H g H^T. The sums are 16 matrix products over the tiles of all images in a row,
/// which are taken in chunks of fixed size: the result does not depend on the number of threads.
template <class T>
class WinogradWeightGradient {
 public:
  WinogradWeightGradient(const Cpu<T>& cpu, const Conv2dSizes& sizes, const T* x, const T* dy)
      : cpu_(cpu),
        s_(sizes),
        x_(x),
        dy_(dy),
        tiles_high_(ceil_div(s_.out_height, 2)),
        tiles_wide_(ceil_div(s_.out_width, 2)),
        tiles_(s_.batch * tiles_high_ * tiles_wide_),
        in_panels_(ceil_div(s_.in, width)),
        out_panels_(ceil_div(s_.out, rows)),
        x_line_(in_panels_ * width),
        dy_line_(ceil_div(out_panels_ * rows, size) * size) {
    const std::int64_t fit = chunk_numbers / (16 * (s_.in + s_.out));
    chunk_ = std::min(ceil_div(tiles_, block), std::max<std::int64_t>(fit / block, 1)) * block;
    x_matrix_ = chunk_ * x_line_ + apart;
    dy_matrix_ = chunk_ * dy_line_ + apart;
    zeros_ = zeros(std::max(s_.in, s_.out));
    sums_ = zeros(in_panels_ * out_panels_ * 16 * tile_size);
    bias_ = zeros(dy_line_);
    pixels_ = room(16 * x_matrix_, x_line_ != s_.in);
    gradients_ = room(16 * dy_matrix_, dy_line_ != s_.out);
  }

  void run(T* dweight, T* dbias) {
    for (std::int64_t first = 0; first < tiles_; first += chunk_) {
      const std::int64_t count = std::min(chunk_, tiles_ - first);
      parallel(cpu_, ceil_div(count, together), [&](std::int64_t task) {
        const std::int64_t from = task * together;
        transform(first + from, std::min(together, count - from), from);
      });
      parallel(cpu_, 16 * in_panels_, [&](std::int64_t task) { add(task / in_panels_, task % in_panels_, count); });
    }
    parallel(cpu_, in_panels_ * out_panels_,
             [&](std::int64_t task) { write(task / out_panels_, task % out_panels_, dweight); });
    if (dbias) std::copy_n(bias_.get(), s_.out, dbias);
  }

 private:
  static constexpr std::int64_t rows = Tile<T>::stacked, width = Tile<T>::columns, tile_size = rows * width;
  static constexpr std::int64_t size = simd::packet_size<T>, apart = 3 * size;
  static constexpr std::int64_t block = 128;              // tiles whose panel fits a first-level cache
  static constexpr std::int64_t together = 16;            // tiles that a task transforms
  static constexpr std::int64_t chunk_numbers = 1 << 17;  // of both sides, for a second-level cache

  std::shared_ptr<T[]> zeros(std::int64_t count) const { return room(count, true); }
  /// Zeros where the lines of tiles are longer than what is written to them: products read whole lines.
  std::shared_ptr<T[]> room(std::int64_t count, bool zeroed) const {
    auto to = cpu_.template allocate<T>(count);
    if (zeroed) std::fill_n(to.get(), count, T(0));
    return to;
  }

  /// Transforms `count` tiles from tile `first` of all on, to the places from `to` on.
  void transform(std::int64_t first, std::int64_t count, std::int64_t to) const {
    const T* from[16];
    WinogradPlace place(tiles_high_, tiles_wide_, first);
    for (std::int64_t t = to; t < to + count; ++t, place.advance()) {
      square<4>(x_ + place.image * s_.height * s_.width * s_.in, s_.height, s_.width, s_.in, 2 * place.y - s_.pad_top,
                2 * place.x - s_.pad_left, zeros_.get(), from);
      T* pixels = pixels_.get() + t * x_line_;
      for (const int part : {0, 1}) WinogradF2<T>::input(part, s_.in, from, pixels + 8 * part * x_matrix_, x_matrix_);
      square<2>(dy_ + place.image * s_.out_height * s_.out_width * s_.out, s_.out_height, s_.out_width, s_.out,
                2 * place.y, 2 * place.x, zeros_.get(), from);
      winograd_gradient(s_.out, from, gradients_.get() + t * dy_line_, dy_matrix_);
    }
  }

  /// Adds what `count` tiles give to the products m of input panel j. The sixth of W is the sum of a tile of dy.
  void add(std::int64_t m, std::int64_t j, std::int64_t count) const {
    const bool narrow = s_.in - j * width <= size;
    const auto kernel = narrow ? stacked_kernel<T, 1> : stacked_kernel<T, 2>;
    for (std::int64_t t = 0; t < count; t += block) {
      const Walk walk{.steps = std::min(block, count - t), .a_step = dy_line_, .b_step = x_line_};
      const T* pixels = pixels_.get() + m * x_matrix_ + t * x_line_ + j * width;
      const T* gradients = gradients_.get() + m * dy_matrix_ + t * dy_line_;
      for (std::int64_t i = 0; i < out_panels_; ++i)
        kernel(walk, gradients + i * rows, pixels, sums_.get() + ((j * out_panels_ + i) * 16 + m) * tile_size);
      if (m == 5 && j == 0) add_bias(walk.steps, gradients);
    }
  }
  void add_bias(std::int64_t tiles, const T* gradients) const {
    for (std::int64_t c = 0; c < s_.out; c += size) {
      auto sum = simd::broadcast<T>(T(0));
      for (std::int64_t t = 0; t < tiles; ++t) sum = simd::add<T>(sum, simd::load<T>(gradients + t * dy_line_ + c));
      simd::store<T>(bias_.get() + c, simd::add<T>(simd::load<T>(bias_.get() + c), sum));
    }
  }

  /// The taps of input panel j and output panel i in the weights' own layout [out, 9, in].
  void write(std::int64_t j, std::int64_t i, T* dweight) const {
    const T* sums = sums_.get() + (j * out_panels_ + i) * 16 * tile_size;
    const std::int64_t columns = std::min(width, s_.in - j * width);
    simd::Packet<T> taps[3][3];
    for (std::int64_t r = 0; r < std::min(rows, s_.out - i * rows); ++r)
      for (std::int64_t c = 0; c < columns; c += size) {
        winograd_taps(sums + r * width + c, tile_size, taps);
        T* to = dweight + (i * rows + r) * 9 * s_.in + j * width + c;
        for (std::int64_t tap = 0; tap < 9; ++tap)
          store_first<T>(taps[tap / 3][tap % 3], std::min(size, columns - c), to + tap * s_.in);
      }
  }

  const Cpu<T>& cpu_;
  Conv2dSizes s_;
  const T *x_, *dy_;
  std::int64_t tiles_high_, tiles_wide_, tiles_, in_panels_, out_panels_;
  std::int64_t x_line_, dy_line_;      // distance between tiles
  std::int64_t chunk_ = 0;             // tiles at a time
  std::int64_t x_matrix_, dy_matrix_;  // distance between the 16
  std::shared_ptr<T[]> zeros_, sums_, bias_, pixels_, gradients_;
};

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
