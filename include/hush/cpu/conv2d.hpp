#pragma once
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/tile.hpp>
#include <hush/tensor/conv2d_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// A sum over the taps of a window, for the pixels of one grid, of vectors at the pixels of another: pixel y of the
/// grid meets tap k at source pixel (y * step - pad + k) / divide if that is whole and inside. A convolution has
/// divide 1, its input gradient (pixels of x gather from dy, taps in reverse) has step 1 and divide the stride.
struct Gather {
  std::int64_t images, height, width, columns;      // of the grid that is written
  std::int64_t source_height, source_width, depth;  // of the one that is read
  std::int64_t kernel_h, kernel_w, pad_top, pad_left, step, divide;

  std::int64_t taps() const { return kernel_h * kernel_w; }
  std::int64_t pixels() const { return height * width; }
  /// The p-th pixel to be written, pixels that meet the same taps (y and x modulo `divide`) one after the other.
  void pixel(std::int64_t p, std::int64_t& y, std::int64_t& x) const {
    for (std::int64_t v = 0; v < divide; ++v)
      for (std::int64_t u = 0; u < divide; ++u) {
        const std::int64_t rows = ceil_div(height - v, divide), columns_here = ceil_div(width - u, divide);
        if (p < rows * columns_here) {
          y = v + p / columns_here * divide;
          x = u + p % columns_here * divide;
          return;
        }
        p -= rows * columns_here;
      }
  }
  /// Where a grid line meets tap k in the source, -1 if nowhere.
  std::int64_t meets(std::int64_t y, std::int64_t k, std::int64_t pad, std::int64_t extent) const {
    const std::int64_t at = y * step - pad + k;
    if (at < 0 || at >= extent * divide) return -1;
    if (divide == 1) return at;
    return at % divide == 0 ? at / divide : -1;
  }
};

/// The images whose pixels share tiles, so that one tile has the same pixel of many small images and skips the taps
/// that fall outside.
template <class T>
std::int64_t images_together(const Gather& g) {
  return g.pixels() <= 100 ? std::min<std::int64_t>(g.images, Tile<T>::rows) : 1;
}

/// Pointers of a strip of tiles: for each tile the chunks (taps that meet any of its pixels), for each chunk the
/// offset of its weights in a panel and Tile<T>::rows source vectors; and where the rows are written.
template <class T>
class Strip {
 public:
  static constexpr std::int64_t rows = Tile<T>::rows;

  Strip(const Cpu<T>& cpu, const Gather& gather, std::int64_t most_tiles, bool patches)
      : g_(gather),
        patches_(patches),
        limit_(patches ? 1 : gather.taps()),
        from_(cpu.template allocate<const T*>(most_tiles * limit_ * rows)),
        to_(cpu.template allocate<T*>(most_tiles * rows)),
        offsets_(cpu.template allocate<std::int64_t>(most_tiles * (limit_ + 2))),
        zeros_(cpu.template allocate<T>(std::max(most_tiles * rows * (patches ? g_.taps() * g_.depth : 0), g_.depth))) {
    if (!patches) std::fill_n(zeros_.get(), g_.depth, T(0));
  }

  /// Lists tiles [first, last) of a group of `together` images that begins at x and y.
  void fill(std::int64_t first, std::int64_t last, std::int64_t together, const T* x, T* y) {
    first_ = first;
    for (std::int64_t t = first; t < last; ++t) list(t, together, x, y);
  }
  /// Computes the columns from `column` on of all listed tiles with one panel of weights.
  void run(std::int64_t last, std::int64_t column, const T* panel, const T* bias) const {
    const std::int64_t columns = std::min(Tile<T>::columns, g_.columns - column);
    std::array<T*, std::size_t(rows)> to;
    for (std::int64_t i = 0; i < last - first_; ++i) {
      for (std::int64_t r = 0; r < rows; ++r) to[std::size_t(r)] = to_[i * rows + r] + column;
      const std::int64_t* about = offsets_.get() + i * (limit_ + 2);
      tile(about[0], patches_ ? g_.taps() * g_.depth : g_.depth, from_.get() + i * limit_ * rows, panel, about + 2,
           Finish<T>{.bias = bias}, about[1], columns, to.data());
    }
  }

 private:
  void list(std::int64_t t, std::int64_t together, const T* x, T* y) {
    const std::int64_t total = g_.pixels() * together, slot = t - first_;
    std::int64_t line[rows], place[rows];
    const T* source[rows];
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t i = std::min(t * rows + r, total - 1), image = i % together;
      g_.pixel(i / together, line[r], place[r]);
      source[r] = x + image * g_.source_height * g_.source_width * g_.depth;
      to_[slot * rows + r] = y + (image * g_.pixels() + line[r] * g_.width + place[r]) * g_.columns;
    }
    std::int64_t* about = offsets_.get() + slot * (limit_ + 2);
    about[0] = 0;
    about[1] = std::min(rows, total - t * rows);
    if (patches_) return copy_patches(slot, line, place, source, about);
    for (std::int64_t v = 0; v < g_.kernel_h; ++v)
      for (std::int64_t u = 0; u < g_.kernel_w; ++u) {
        const T** from = from_.get() + (slot * limit_ + about[0]) * rows;
        bool any = false;
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::int64_t at_y = g_.meets(line[r], v, g_.pad_top, g_.source_height);
          const std::int64_t at_x = g_.meets(place[r], u, g_.pad_left, g_.source_width);
          const bool inside = at_y >= 0 && at_x >= 0;
          from[r] = inside ? source[r] + (at_y * g_.source_width + at_x) * g_.depth : zeros_.get();
          any = any || inside;
        }
        if (any) about[2 + about[0]++] = (v * g_.kernel_w + u) * g_.depth * Tile<T>::columns;
      }
  }
  /// With few channels a window is copied together: one chunk of taps times depth numbers.
  void copy_patches(std::int64_t slot, const std::int64_t* line, const std::int64_t* place, const T* const* source,
                    std::int64_t* about) {
    const std::int64_t size = g_.taps() * g_.depth;
    about[0] = 1;
    about[2] = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      T* patch = zeros_.get() + (slot * rows + r) * size;
      from_[slot * rows + r] = patch;
      for (std::int64_t v = 0; v < g_.kernel_h; ++v) {
        const std::int64_t at_y = g_.meets(line[r], v, g_.pad_top, g_.source_height);
        for (std::int64_t u = 0; u < g_.kernel_w; ++u, patch += g_.depth) {
          const std::int64_t at_x = at_y < 0 ? -1 : g_.meets(place[r], u, g_.pad_left, g_.source_width);
          if (at_x < 0)
            std::fill_n(patch, g_.depth, T(0));
          else
            std::copy_n(source[r] + (at_y * g_.source_width + at_x) * g_.depth, g_.depth, patch);
        }
      }
    }
  }

  const Gather& g_;
  bool patches_;
  std::int64_t limit_, first_ = 0;
  std::shared_ptr<const T*[]> from_;
  std::shared_ptr<T*[]> to_;
  std::shared_ptr<std::int64_t[]> offsets_;  // of each tile: chunks, valid rows, offsets of the chunks
  std::shared_ptr<T[]> zeros_;               // what pixels outside read, or the patches
};

/// Runs a Gather with weights packed as panels [taps * depth, Tile<T>::columns]; `bias` is as wide as all panels.
template <class T>
void run_gather(const Cpu<T>& cpu, const Gather& g, const T* x, const T* panels, const T* bias, T* y) {
  const bool patches = g.depth <= 4 && g.taps() > 1;
  const std::int64_t together = images_together<T>(g), groups = ceil_div(g.images, together);
  const std::int64_t tiles = ceil_div(together * g.pixels(), Tile<T>::rows), length = std::min<std::int64_t>(tiles, 16);
  const std::int64_t strips = ceil_div(tiles, length), panel_count = ceil_div(g.columns, Tile<T>::columns);
  const std::int64_t shares = std::min(panel_count, ceil_div(16, groups * strips));
  const std::int64_t panel_size = g.taps() * g.depth * Tile<T>::columns;
  parallel(cpu, groups * strips * shares, [&](std::int64_t task) {
    const std::int64_t share = task % shares, strip = task / shares % strips,
                       first_image = task / shares / strips * together;
    const std::int64_t count = std::min(together, g.images - first_image);
    const std::int64_t first = strip * length,
                       last = std::min(first + length, ceil_div(count * g.pixels(), Tile<T>::rows));
    if (first >= last) return;
    Strip<T> list(cpu, g, length, patches);
    list.fill(first, last, count, x + first_image * g.source_height * g.source_width * g.depth,
              y + first_image * g.pixels() * g.columns);
    for (std::int64_t j = share * panel_count / shares; j < (share + 1) * panel_count / shares; ++j)
      list.run(last, j * Tile<T>::columns, panels + j * panel_size, bias ? bias + j * Tile<T>::columns : nullptr);
  });
}

/// y[n, h, w, o] = bias[o] + sum over kh, kw, i of weight[o, kh, kw, i] x[n, h * stride + kh - pad_top, ..., i].
/// An image's result is the same to the last bit whatever the batch, its order and the number of threads.
template <class T>
void conv2d(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  if (s.batch <= 0 || s.out_height <= 0 || s.out_width <= 0 || s.out <= 0) return;
  const std::int64_t depth = s.kernel_h * s.kernel_w * s.in, width = Tile<T>::columns, panels = ceil_div(s.out, width);
  const auto packed = cpu.template allocate<T>(panels * depth * width + (bias ? panels * width : 0));
  parallel(cpu, panels, [&](std::int64_t j) {
    pack_panel_transposed(depth, s.out, j * width, weight, depth, packed.get() + j * depth * width);
  });
  T* wide = bias ? packed.get() + panels * depth * width : nullptr;
  if (bias) std::fill(std::copy_n(bias, s.out, wide), wide + panels * width, T(0));
  run_gather(cpu,
             Gather{s.batch, s.out_height, s.out_width, s.out, s.height, s.width, s.in, s.kernel_h, s.kernel_w,
                    s.pad_top, s.pad_left, s.stride, 1},
             x, packed.get(), wide, y);
}

/// The gradient of conv2d with respect to its images: dx has the shape of x.
template <class T>
void conv2d_backward_input(const Cpu<T>& cpu, const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  if (s.batch <= 0 || s.height <= 0 || s.width <= 0 || s.in <= 0) return;
  const std::int64_t taps = s.kernel_h * s.kernel_w, width = Tile<T>::columns, panels = ceil_div(s.in, width);
  const auto packed = cpu.template allocate<T>(panels * taps * s.out * width);
  parallel(cpu, panels, [&](std::int64_t j) {
    for (std::int64_t t = 0; t < taps; ++t)
      pack_panel(s.out, s.in, j * width, weight + (taps - 1 - t) * s.in, taps * s.in,
                 packed.get() + (j * taps + t) * s.out * width);
  });
  run_gather(cpu,
             Gather{s.batch, s.height, s.width, s.in, s.out_height, s.out_width, s.out, s.kernel_h, s.kernel_w,
                    s.kernel_h - 1 - s.pad_top, s.kernel_w - 1 - s.pad_left, 1, s.stride},
             dy, packed.get(), static_cast<const T*>(nullptr), dx);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
