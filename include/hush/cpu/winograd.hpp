#pragma once
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/winograd_tile.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// Runs an IndirectConv of three by three taps by Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin & Gray 2016,
/// arXiv:1509.09308): of U = G g G^T and V = B^T d B, 4 x 4 each, A^T (U * V) A are 2 x 2 pixels. The tiles of 2 x 2
/// pixels, of all images in a row, are the rows of 16 matrix products: a row's result does not depend on the others.
/// A strip of tiles is computed in two halves, each of two lines of the 4 x 4, to stay in a first-level cache.
template <class T>
class Winograd {
 public:
  Winograd(const Cpu<T>& cpu, const IndirectConv& geometry)
      : cpu_(cpu),
        g_(geometry),
        tiles_high_(ceil_div(g_.height, 2)),
        tiles_wide_(ceil_div(g_.width, 2)),
        tiles_(g_.images * tiles_high_ * tiles_wide_),
        panels_(ceil_div(g_.columns, width)) {
    // A strip reads all weights, so it is the longer the more weights there are.
    const std::int64_t bytes = 16 * g_.depth * g_.columns * std::int64_t(sizeof(T));
    strip_ = rows * std::clamp<std::int64_t>(bytes >> 20, 1, longest);
  }

  /// taps(panel, first, count, room) gives the WinogradTaps of `count` channels from `first` on, [count, width] each,
  /// which it may write to `room`, [9, count, width]; `bias` is as wide as all panels, or null.
  template <class Taps>
  void run(const T* x, const Taps& taps, const T* bias, T* y) {
    const std::int64_t zeros = std::max(g_.depth, width);
    zeros_ = cpu_.template allocate<T>(zeros);
    std::fill_n(zeros_.get(), zeros, T(0));
    bias_ = bias;
    if (panels_ >= ceil_div(tiles_, strip_))
      share_panels(x, taps, y);
    else
      share_strips(x, taps, y);
  }

 private:
  static constexpr std::int64_t rows = Tile<T>::rows, few = Tile<T>::few_rows, width = Tile<T>::columns;
  static constexpr std::int64_t size = simd::packet_size<T>, longest = 4;
  static constexpr std::int64_t together = 32;  // channels of a panel that are transformed at a time
  static constexpr std::int64_t products_size = 8 * rows * width;

  std::int64_t matrix() const { return ceil_div(g_.depth, size) * size; }
  std::int64_t panel_size() const { return (g_.depth + 1) * width; }

  /// Many tiles: transforms all weights, then each task computes a strip from its pixels to its result.
  template <class Taps>
  void share_strips(const T* x, const Taps& taps, T* y) const {
    const std::int64_t blocks = ceil_div(g_.depth, together), line = 8 * matrix() + size;
    const auto weights = cpu_.template allocate<T>(panels_ * 16 * panel_size());
    parallel(cpu_, panels_ * blocks, [&](std::int64_t task) {
      transform_weights(taps, task / blocks, task % blocks, weights.get() + task / blocks * 16 * panel_size());
    });
    const std::int64_t pace = strip_ * std::clamp<std::int64_t>(tiles_ / (64 * strip_), 1, 16);
    parallel(cpu_, ceil_div(tiles_, pace), [&](std::int64_t task) {
      const auto scratch = cpu_.template allocate<T>(strip_ * (line + 4 * width * panels_) + products_size);
      T *pixels = scratch.get(), *sums = pixels + strip_ * line, *products = sums + 4 * strip_ * width * panels_;
      const std::int64_t end = std::min((task + 1) * pace, tiles_);
      for (std::int64_t first = task * pace; first < end; first += strip_) {
        const std::int64_t count = std::min(strip_, end - first);
        const Pixels at(*this, first, count, x);
        for (const int half : {0, 1}) {
          at.transform(half, pixels, line);
          for (std::int64_t j = 0; j < panels_; ++j)
            multiply(half, j, first, count, pixels, line, weights.get() + (16 * j + 8 * half) * panel_size(), products,
                     sums + 4 * j * strip_ * width, y);
        }
      }
    });
  }

  /// Few tiles: transforms all pixels, then each task computes a panel from its weights to its result.
  template <class Taps>
  void share_panels(const T* x, const Taps& taps, T* y) const {
    const std::int64_t line = 16 * matrix() + size, groups = ceil_div(tiles_, few);
    const auto pixels = cpu_.template allocate<T>(groups * few * line);
    parallel(cpu_, groups, [&](std::int64_t task) {
      const Pixels at(*this, task * few, std::min(few, tiles_ - task * few), x);
      for (const int half : {0, 1}) at.transform(half, pixels.get() + task * few * line + 8 * half * matrix(), line);
    });
    parallel(cpu_, panels_, [&](std::int64_t j) {
      const auto scratch = cpu_.template allocate<T>(16 * panel_size() + 4 * strip_ * width + products_size);
      T *weights = scratch.get(), *sums = weights + 16 * panel_size(), *products = sums + 4 * strip_ * width;
      for (std::int64_t block = 0; block * together < g_.depth; ++block) transform_weights(taps, j, block, weights);
      for (std::int64_t first = 0; first < tiles_; first += strip_)
        for (const int half : {0, 1})
          multiply(half, j, first, std::min(strip_, tiles_ - first), pixels.get() + first * line + 8 * half * matrix(),
                   line, weights + 8 * half * panel_size(), products, sums, y);
    });
  }

  template <class Taps>
  void transform_weights(const Taps& taps, std::int64_t j, std::int64_t block, T* to) const {
    const std::int64_t first = block * together, count = std::min(together, g_.depth - first);
    const auto room = cpu_.template allocate<T>(9 * count * width);
    winograd_weights(count * width, taps(j, first, count, room.get()), to + first * width, panel_size());
  }

  /// The 16 pixels that each tile of a strip meets. The last tile is repeated until the kernel's rows are full.
  struct Pixels {
    Pixels(const Winograd& winograd, std::int64_t first, std::int64_t tiles, const T* x)
        : w(winograd), count(ceil_div(tiles, few) * few) {
      const IndirectConv& g = w.g_;
      WinogradPlace place(w.tiles_high_, w.tiles_wide_, first);
      for (std::int64_t t = 0; t < count; ++t) {
        square<4>(x + place.image * g.source_size(), g.source_height, g.source_width, g.depth, 2 * place.y - g.pad_top,
                  2 * place.x - g.pad_left, w.zeros_.get(), from[t]);
        if (t + 1 < tiles) place.advance();
      }
    }
    /// Half of the transformed tiles, which lie `line` numbers apart.
    void transform(int half, T* to, std::int64_t line) const {
      const int x = half == 0 ? 0 : 8, y = half == 0 ? 4 : 12, z = half == 0 ? 8 : 4;
      for (std::int64_t t = 0; t < count; ++t)
        winograd_input(w.g_.depth, from[t] + x, from[t] + y, from[t] + z, T(half == 0 ? 1 : -1), to + t * line,
                       w.matrix());
    }
    const Winograd& w;
    std::int64_t count;
    const T* from[longest * rows][16];
  };

  /// Half of the products of a strip and a panel. The first leaves two lines of A^T (U * V) A in `sums` as
  /// [strip_, 4, width], the second adds what it has and writes the pixels. The bias begins the sixth product, which
  /// reaches each of the four pixels once.
  void multiply(int half, std::int64_t j, std::int64_t first, std::int64_t count, const T* pixels, std::int64_t line,
                const T* weights, T* products, T* sums, T* y) const {
    const bool narrow = g_.columns - j * width <= size;
    const auto many_rows = narrow ? winograd_product<T, rows, 1> : winograd_product<T, rows, 2>;
    const auto few_rows = narrow ? winograd_product<T, few, 1> : winograd_product<T, few, 2>;
    for (std::int64_t r0 = 0; r0 < count; r0 += rows) {
      const std::int64_t here = std::min(rows, count - r0);
      for (std::int64_t i = 0; i < 8; ++i) {
        const T* start = bias_ && half == 0 && i == 5 ? bias_ + j * width : zeros_.get();
        const T *from = pixels + r0 * line + i * matrix(), *panel = weights + i * panel_size();
        T* to = products + i * rows * width;
        if (here > 2 * few)
          many_rows(g_.depth, from, line, panel, start, to);
        else
          for (std::int64_t r = 0; r < here; r += few)
            few_rows(g_.depth, from + r * line, line, panel, start, to + r * width);
      }
      if (half == 0)
        keep(here, narrow ? size : width, products, sums + 4 * r0 * width);
      else
        write(first + r0, here, j, products, sums + 4 * r0 * width, y);
    }
  }
  static void keep(std::int64_t count, std::int64_t columns, const T* products, T* sums) {
    for (std::int64_t t = 0; t < count; ++t, products += width, sums += 4 * width)
      for (std::int64_t c = 0; c < columns; c += size) {
        const WinogradPair<T> a(products + c, rows * width), b(products + 4 * rows * width + c, rows * width);
        simd::store<T>(sums + c, simd::add<T>(a.first, b.first));
        simd::store<T>(sums + width + c, simd::add<T>(a.second, b.second));
        simd::store<T>(sums + 2 * width + c, b.first);
        simd::store<T>(sums + 3 * width + c, b.second);
      }
  }
  void write(std::int64_t first, std::int64_t count, std::int64_t j, const T* products, const T* sums, T* y) const {
    const std::int64_t columns = std::min(width, g_.columns - j * width), below = g_.out_width * g_.columns;
    WinogradPlace place(tiles_high_, tiles_wide_, first);
    for (std::int64_t t = 0; t < count; ++t, products += width, sums += 4 * width, place.advance()) {
      T* to = y + place.image * g_.out_size() + g_.out_at(2 * place.y, 2 * place.x) + j * width;
      const bool high = 2 * place.y + 1 < g_.height, wide = 2 * place.x + 1 < g_.width;
      for (std::int64_t c = 0; c < columns; c += size) {
        const WinogradPair<T> a(products + c, rows * width), b(products + 4 * rows * width + c, rows * width);
        const auto upper = [&](std::int64_t i) { return simd::load<T>(sums + i * width + c); };
        const std::int64_t n = std::min(size, columns - c);
        store_first<T>(simd::add<T>(upper(0), a.first), n, to + c);
        if (wide) store_first<T>(simd::add<T>(upper(1), a.second), n, to + g_.columns + c);
        if (high) store_first<T>(simd::subtract<T>(simd::subtract<T>(upper(2), a.first), b.first), n, to + below + c);
        if (high && wide)
          store_first<T>(simd::subtract<T>(simd::subtract<T>(upper(3), a.second), b.second), n,
                         to + below + g_.columns + c);
      }
    }
  }
  const Cpu<T>& cpu_;
  IndirectConv g_;
  std::int64_t tiles_high_, tiles_wide_, tiles_, panels_, strip_;
  const T* bias_ = nullptr;
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

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
