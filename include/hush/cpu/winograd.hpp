#pragma once
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/winograd_f2.hpp>
#include <hush/cpu/winograd_f4.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// Runs an IndirectConv of three by three taps by Winograd's minimal filtering (Lavin & Gray 2016, arXiv:1509.09308)
/// with the transforms F: WinogradF2 or WinogradF4. The tiles of pixels, of all images in a row, are the rows of
/// F::numbers matrix products: a row's result does not depend on the others. A strip of tiles is computed in F::parts
/// parts of the products, to stay in the caches.
template <class F>
class WinogradConv {
  using T = typename F::scalar;

 public:
  WinogradConv(const Cpu<T>& cpu, const IndirectConv& geometry)
      : cpu_(cpu),
        g_(geometry),
        tiles_high_(ceil_div(g_.height, F::pixels)),
        tiles_wide_(ceil_div(g_.width, F::pixels)),
        tiles_(g_.images * tiles_high_ * tiles_wide_),
        panels_(ceil_div(g_.columns, width)) {
    // A strip reads all weights, so it is the longer the more weights there are.
    const std::int64_t bytes = F::numbers * g_.depth * g_.columns * std::int64_t(sizeof(T));
    strip_ = rows * std::clamp<std::int64_t>(bytes >> 20, 1, longest);
  }

  /// taps(panel, first, count) gives the WinogradTaps of `count` channels from `first` on, [count, width] each; `bias`
  /// is as wide as all panels, or null; so may be `residual`, which is added to the result.
  template <class Taps>
  void run(const T* x, const Taps& taps, const T* bias, const T* residual, T* y) {
    const std::int64_t zeros = std::max(g_.depth, width);
    zeros_ = cpu_.template allocate<T>(zeros);
    std::fill_n(zeros_.get(), zeros, T(0));
    bias_ = bias;
    residual_ = residual;
    if (panels_ >= ceil_div(tiles_, strip_))
      share_panels(x, taps, y);
    else
      share_strips(x, taps, y);
  }

 private:
  static constexpr std::int64_t rows = Tile<T>::rows, few = Tile<T>::few_rows, width = Tile<T>::columns;
  static constexpr std::int64_t size = simd::packet_size<T>, longest = 4;
  static constexpr std::int64_t together = 32;  // channels of a panel that are transformed at a time
  static constexpr std::int64_t part_size = F::numbers / F::parts, kept = F::kept * width;

  std::int64_t matrix() const { return ceil_div(g_.depth, size) * size; }
  std::int64_t panel_size() const { return (g_.depth + 1) * width; }

  /// Many tiles: transforms all weights, then each task computes a strip from its pixels to its result.
  template <class Taps>
  void share_strips(const T* x, const Taps& taps, T* y) const {
    const std::int64_t blocks = ceil_div(g_.depth, together), line = part_size * matrix() + size;
    const auto weights = cpu_.template allocate<T>(panels_ * F::numbers * panel_size());
    parallel(cpu_, panels_ * blocks, [&](std::int64_t task) {
      transform_weights(taps, task / blocks, task % blocks, weights.get() + task / blocks * F::numbers * panel_size());
    });
    const std::int64_t pace = strip_ * std::clamp<std::int64_t>(tiles_ / (64 * strip_), 1, 16);
    parallel(cpu_, ceil_div(tiles_, pace), [&](std::int64_t task) {
      const auto scratch = cpu_.template allocate<T>(strip_ * (line + kept * panels_) + part_size * rows * width);
      T *pixels = scratch.get(), *sums = pixels + strip_ * line, *products = sums + strip_ * kept * panels_;
      const std::int64_t end = std::min((task + 1) * pace, tiles_);
      for (std::int64_t first = task * pace; first < end; first += strip_) {
        const std::int64_t count = std::min(strip_, end - first);
        const Pixels at(*this, first, count, x);
        for (int part = 0; part < F::parts; ++part) {
          at.transform(part, pixels, line);
          for (std::int64_t j = 0; j < panels_; ++j)
            multiply(part, j, first, count, pixels, line,
                     weights.get() + (F::numbers * j + part_size * part) * panel_size(), products,
                     sums + j * strip_ * kept, y);
        }
      }
    });
  }

  /// Few tiles: transforms all pixels, then each task computes a panel from its weights to its result.
  template <class Taps>
  void share_panels(const T* x, const Taps& taps, T* y) const {
    const std::int64_t line = F::numbers * matrix() + size, groups = ceil_div(tiles_, few);
    const auto pixels = cpu_.template allocate<T>(groups * few * line);
    parallel(cpu_, groups, [&](std::int64_t task) {
      const Pixels at(*this, task * few, std::min(few, tiles_ - task * few), x);
      for (int part = 0; part < F::parts; ++part)
        at.transform(part, pixels.get() + task * few * line + part_size * part * matrix(), line);
    });
    parallel(cpu_, panels_, [&](std::int64_t j) {
      const auto scratch =
          cpu_.template allocate<T>(F::numbers * panel_size() + strip_ * kept + part_size * rows * width);
      T *weights = scratch.get(), *sums = weights + F::numbers * panel_size(), *products = sums + strip_ * kept;
      for (std::int64_t block = 0; block * together < g_.depth; ++block) transform_weights(taps, j, block, weights);
      for (std::int64_t first = 0; first < tiles_; first += strip_)
        for (int part = 0; part < F::parts; ++part)
          multiply(part, j, first, std::min(strip_, tiles_ - first),
                   pixels.get() + first * line + part_size * part * matrix(), line,
                   weights + part_size * part * panel_size(), products, sums, y);
    });
  }

  template <class Taps>
  void transform_weights(const Taps& taps, std::int64_t j, std::int64_t block, T* to) const {
    const std::int64_t first = block * together, count = std::min(together, g_.depth - first);
    F::weights(count * width, taps(j, first, count), to + first * width, panel_size());
  }

  /// The pixels that each tile of a strip meets. The last tile is repeated until the kernel's rows are full.
  struct Pixels {
    Pixels(const WinogradConv& conv, std::int64_t first, std::int64_t tiles, const T* x)
        : w(conv), count(ceil_div(tiles, few) * few) {
      const IndirectConv& g = w.g_;
      WinogradPlace place(w.tiles_high_, w.tiles_wide_, first);
      for (std::int64_t t = 0; t < count; ++t) {
        square<F::extent>(x + place.image * g.source_size(), g.source_height, g.source_width, g.depth,
                          F::pixels * place.y - g.pad_top, F::pixels * place.x - g.pad_left, w.zeros_.get(), from[t]);
        if (t + 1 < tiles) place.advance();
      }
    }
    /// A part of the transformed tiles, which lie `line` numbers apart.
    void transform(int part, T* to, std::int64_t line) const {
      for (std::int64_t t = 0; t < count; ++t) F::input(part, w.g_.depth, from[t], to + t * line, w.matrix());
    }
    const WinogradConv& w;
    std::int64_t count;
    const T* from[longest * rows][F::numbers];
  };

  /// A part of the products of a strip and a panel. All but the last leave something of each tile in `sums`, [strip_,
  /// F::kept, width], the last writes the pixels. The bias begins the product that reaches each pixel once.
  void multiply(int part, std::int64_t j, std::int64_t first, std::int64_t count, const T* pixels, std::int64_t line,
                const T* weights, T* products, T* sums, T* y) const {
    const bool narrow = g_.columns - j * width <= size;
    const auto many_rows = narrow ? winograd_product<T, rows, 1> : winograd_product<T, rows, 2>;
    const auto few_rows = narrow ? winograd_product<T, few, 1> : winograd_product<T, few, 2>;
    const T* bias = bias_ ? bias_ + j * width : zeros_.get();
    for (std::int64_t r0 = 0; r0 < count; r0 += rows) {
      const std::int64_t here = std::min(rows, count - r0);
      for (std::int64_t i = 0; i < part_size; ++i) {
        const T* start = part * part_size + i == F::with_bias ? bias : zeros_.get();
        const T *from = pixels + r0 * line + i * matrix(), *panel = weights + i * panel_size();
        T* to = products + i * rows * width;
        if (here > 2 * few)
          many_rows(g_.depth, from, line, panel, start, to);
        else
          for (std::int64_t r = 0; r < here; r += few)
            few_rows(g_.depth, from + r * line, line, panel, start, to + r * width);
      }
      if (part + 1 == F::parts)
        write(first + r0, here, j, products, sums + r0 * kept, bias, y);
      else if constexpr (F::parts > 1)
        keep(here, narrow ? size : width, products, sums + r0 * kept);
    }
  }
  static void keep(std::int64_t count, std::int64_t columns, const T* products, T* sums) {
    for (std::int64_t t = 0; t < count; ++t, products += width, sums += kept)
      for (std::int64_t c = 0; c < columns; c += size) F::keep(products + c, rows * width, sums + c, width);
  }
  void write(std::int64_t first, std::int64_t count, std::int64_t j, const T* products, const T* sums, const T* bias,
             T* y) const {
    const std::int64_t columns = std::min(width, g_.columns - j * width), below = g_.out_width * g_.columns;
    WinogradPlace place(tiles_high_, tiles_wide_, first);
    for (std::int64_t t = 0; t < count; ++t, products += width, sums += kept, place.advance()) {
      const std::int64_t top = F::pixels * place.y, left = F::pixels * place.x;
      const std::int64_t at = place.image * g_.out_size() + g_.out_at(top, left) + j * width;
      for (std::int64_t c = 0; c < columns; c += size) {
        simd::Packet<T> pixels[F::pixels][F::pixels];
        F::result(products + c, rows * width, sums + c, width, bias + c, pixels);
        const std::int64_t n = std::min(size, columns - c);
        const auto each = [&](const auto& put) __attribute__((always_inline)) {
          simd::unrolled<F::pixels>([&](int v) __attribute__((always_inline)) {
            simd::unrolled<F::pixels>([&](int u) __attribute__((always_inline)) {
              if (top + v < g_.height && left + u < g_.width) put(pixels[v][u], at + v * below + u * g_.columns + c);
            });
          });
        };
        if (n < size) {
          each([&](const simd::Packet<T>& pixel, std::int64_t i) {
            store_first<T>(residual_ ? simd::add<T>(load_first(residual_ + i, n), pixel) : pixel, n, y + i);
          });
        } else {
          each([&](const simd::Packet<T>& pixel, std::int64_t i) __attribute__((always_inline)) {
            simd::store<T>(y + i, residual_ ? simd::add<T>(simd::load<T>(residual_ + i), pixel) : pixel);
          });
        }
      }
    }
  }
  const Cpu<T>& cpu_;
  IndirectConv g_;
  std::int64_t tiles_high_, tiles_wide_, tiles_, panels_, strip_;
  const T *bias_ = nullptr, *residual_ = nullptr;
  std::shared_ptr<T[]> zeros_;
};

/// Whether minimal filtering is faster, as measured: from 16 channels on either side, if little of the tiles lies
/// outside of the image, and if a single image has enough pixels to pay for the transformed weights, or so many weights
/// that they come from memory in any case. It must not depend on the number of images.
template <class T>
bool winograd_pays(const IndirectConv& g) {
  constexpr std::int64_t channels = std::max<std::int64_t>(16, simd::packet_size<T>);
  if (g.kernel_h != 3 || g.kernel_w != 3 || g.step != 1 || g.spacing != 1) return false;
  const std::int64_t covered = 4 * ceil_div(g.height, 2) * ceil_div(g.width, 2);
  return g.depth >= channels && g.columns >= channels && 5 * covered <= 7 * g.pixels() &&
         (g.pixels() >= 36 || (g.pixels() >= 16 && g.depth * g.columns >= 256 * 256));
}

/// The largest tiles that pay and that the backend allows: those of 4 x 4 only for weights that are kept, where hardly
/// more of them lies outside of the image than of those of 2 x 2, and where there are enough, as measured, for the
/// transformed weights, which are four times the weights. It must not depend on the number of images.
template <class T>
Winograd winograd_way(const Cpu<T>& cpu, const IndirectConv& g, bool kept) {
  if (cpu.winograd == Winograd::none || !winograd_pays<T>(g)) return Winograd::none;
  const std::int64_t small = ceil_div(g.height, 2) * ceil_div(g.width, 2),
                     large = ceil_div(g.height, 4) * ceil_div(g.width, 4);
  const bool pays = large >= 4 && 3 * large <= small && g.depth * g.columns <= 128 * 128 * large;
  return kept && pays && cpu.winograd == Winograd::f4x4 ? Winograd::f4x4 : Winograd::f2x2;
}

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
