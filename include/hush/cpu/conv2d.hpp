#pragma once
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/tile.hpp>
#include <hush/tensor/conv2d_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// A sum over the taps of a window for the pixels of a grid: pixel (y, x) of the grid meets tap (v, u) at source pixel
/// (y * step - pad_top + v, x * step - pad_left + u), nothing outside of the source. Grid pixel (y, x) is written at
/// (first_y + y * spacing, first_x + x * spacing) of an image out_height by out_width.
struct Gather {
  std::int64_t images, height, width, columns;      // what is written
  std::int64_t source_height, source_width, depth;  // what is read
  std::int64_t kernel_h, kernel_w, pad_top, pad_left, step = 1;
  std::int64_t out_height, out_width, first_y = 0, first_x = 0, spacing = 1;

  std::int64_t taps() const { return kernel_h * kernel_w; }
  std::int64_t pixels() const { return height * width; }
  std::int64_t source_size() const { return source_height * source_width * depth; }
  std::int64_t out_size() const { return out_height * out_width * columns; }
  std::int64_t out_at(std::int64_t y, std::int64_t x) const {
    return ((first_y + y * spacing) * out_width + first_x + x * spacing) * columns;
  }
};

/// What the tiles of a task read and where they write. A tile is Tile<T>::rows grid pixels, with chunks of its sum.
template <class T>
struct Tiles {
  static constexpr std::int64_t rows = Tile<T>::rows;

  Tiles(const Cpu<T>& cpu, const Gather& gather, std::int64_t most, bool every_chunk)
      : g(gather),
        chunk_limit(every_chunk ? g.taps() : 0),
        from(cpu.template allocate<const T*>(most * rows * std::max<std::int64_t>(1, chunk_limit))),
        to(cpu.template allocate<T*>(most * rows)),
        valid(cpu.template allocate<std::int64_t>(2 * most)),
        chunks(cpu.template allocate<Chunk>(most * std::max(chunk_limit, g.kernel_h))) {}

  /// Small images: a tile holds the same pixel of many images and skips the taps that fall outside for all its rows.
  void list_small(std::int64_t first, std::int64_t last, std::int64_t together, const T* x, T* y, const T* zeros) {
    count = last - first;
    depth = g.depth;
    step = rows;
    for (std::int64_t t = 0; t < count; ++t) {
      std::int64_t top[rows], left[rows];
      const T* source[rows];
      const std::int64_t total = g.pixels() * together;
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t i = std::min((first + t) * rows + r, total - 1), image = i % together, pixel = i / together;
        top[r] = pixel / g.width * g.step - g.pad_top;
        left[r] = pixel % g.width * g.step - g.pad_left;
        source[r] = x + image * g.source_size();
        to[t * rows + r] = y + image * g.out_size() + g.out_at(pixel / g.width, pixel % g.width);
      }
      std::int64_t found = 0;
      for (std::int64_t tap = 0; tap < g.taps(); ++tap) {
        const T** at = from.get() + (t * chunk_limit + found) * rows;
        bool any = false;
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::int64_t v = top[r] + tap / g.kernel_w, u = left[r] + tap % g.kernel_w;
          const bool inside = v >= 0 && v < g.source_height && u >= 0 && u < g.source_width;
          at[r] = inside ? source[r] + (v * g.source_width + u) * g.depth : zeros;
          any = any || inside;
        }
        if (any) chunks[t * chunk_limit + found++] = {0, tap * g.depth * Tile<T>::columns};
      }
      valid[2 * t] = std::min(rows, total - (first + t) * rows);
      valid[2 * t + 1] = found;
    }
  }
  /// Large images: grid pixels in order, read from lines that are `line` numbers apart, line 0 belonging to grid line
  /// `first_line`. All taps are there, those of one kernel line as one chunk.
  void list_large(std::int64_t first, std::int64_t last, std::int64_t first_line, const T* lines, std::int64_t line,
                  T* y) {
    count = last - first;
    depth = g.kernel_w * g.depth;
    step = 0;
    for (std::int64_t v = 0; v < g.kernel_h; ++v) chunks[v] = {v * line, v * depth * Tile<T>::columns};
    std::int64_t row = first * rows / g.width, column = first * rows % g.width;
    for (std::int64_t i = 0; i < count * rows; ++i) {
      from[i] = lines + (row - first_line) * g.step * line + column * g.step * g.depth;
      to[i] = y + g.out_at(row, column);
      const bool ends = column + 1 == g.width, done = ends && row + 1 == g.height;
      if (done) continue;  // rows beyond the last pixel repeat it and are not written
      column = ends ? 0 : column + 1;
      row += ends;
    }
    for (std::int64_t t = 0; t < count; ++t) {
      valid[2 * t] = std::min(rows, g.pixels() - (first + t) * rows);
      valid[2 * t + 1] = g.taps() > 0 ? g.kernel_h : 0;
    }
  }
  /// Computes the columns from `column` on with one panel of weights.
  void run(std::int64_t column, const T* panel, const T* bias) const {
    const std::int64_t columns = std::min(Tile<T>::columns, g.columns - column),
                       pace = std::max<std::int64_t>(1, chunk_limit);
    std::array<T*, std::size_t(rows)> here;
    for (std::int64_t t = 0; t < count; ++t) {
      for (std::int64_t r = 0; r < rows; ++r) here[std::size_t(r)] = to[t * rows + r] + column;
      tile(Left<T>{from.get() + t * rows * pace, step, valid[2 * t + 1], depth, chunks.get() + t * chunk_limit}, panel,
           Finish<T>{.bias = bias}, valid[2 * t], columns, here.data());
    }
  }

  const Gather& g;
  std::int64_t chunk_limit, count = 0, depth = 0, step = 0;
  std::shared_ptr<const T*[]> from;
  std::shared_ptr<T*[]> to;
  std::shared_ptr<std::int64_t[]> valid;  // of each tile: rows, chunks
  std::shared_ptr<Chunk[]> chunks;
};

/// The source lines [first, first + count) with `columns` pixels from -pad_left on, zeros outside of the image.
template <class T>
void copy_padded(const Gather& g, const T* image, std::int64_t first, std::int64_t count, std::int64_t columns, T* to) {
  const std::int64_t before = std::clamp<std::int64_t>(g.pad_left, 0, columns);
  const std::int64_t skipped = std::max<std::int64_t>(0, -g.pad_left);
  const std::int64_t inside = std::clamp<std::int64_t>(g.source_width - skipped, 0, columns - before);
  for (std::int64_t v = first; v < first + count; ++v, to += columns * g.depth) {
    if (v < 0 || v >= g.source_height) {
      std::fill_n(to, columns * g.depth, T(0));
      continue;
    }
    T* at = std::fill_n(to, before * g.depth, T(0));
    at = std::copy_n(image + (v * g.source_width + skipped) * g.depth, inside * g.depth, at);
    std::fill(at, to + columns * g.depth, T(0));
  }
}

/// Runs a Gather of small images with weights packed as panels [taps * depth, Tile<T>::columns].
template <class T, class Run>
void gather_small(const Cpu<T>& cpu, const Gather& g, const T* x, T* y, const Run& run) {
  constexpr std::int64_t rows = Tile<T>::rows, length = 16;
  const std::int64_t together = std::min<std::int64_t>(g.images, rows), groups = ceil_div(g.images, together);
  const std::int64_t strips = ceil_div(together * g.pixels(), rows * length);
  run(groups * strips, [&, together, strips](std::int64_t task, const auto& finish) {
    const std::int64_t strip = task % strips, image = task / strips * together;
    const std::int64_t count = std::min(together, g.images - image);
    const std::int64_t first = strip * length, last = std::min(first + length, ceil_div(count * g.pixels(), rows));
    if (first >= last) return;
    const auto zeros = cpu.template allocate<T>(g.depth);
    std::fill_n(zeros.get(), g.depth, T(0));
    Tiles<T> tiles(cpu, g, last - first, true);
    tiles.list_small(first, last, count, x + image * g.source_size(), y + image * g.out_size(), zeros.get());
    finish(tiles);
  });
}

/// The same of large images: a strip of pixels reads a padded copy of the lines it needs, or the image if it may.
template <class T, class Run>
void gather_large(const Cpu<T>& cpu, const Gather& g, const T* x, T* y, const Run& run) {
  constexpr std::int64_t rows = Tile<T>::rows;
  const std::int64_t tiles_of_image = ceil_div(g.pixels(), rows);
  const std::int64_t pace = std::clamp<std::int64_t>(g.images * tiles_of_image / 32, 16, 48);
  const std::int64_t length = std::min(tiles_of_image, std::max(pace, ceil_div(4 * g.width, rows)));
  const std::int64_t strips = ceil_div(tiles_of_image, length);
  const std::int64_t columns = (g.width - 1) * g.step + g.kernel_w;
  run(g.images * strips, [&](std::int64_t task, const auto& finish) {
    const std::int64_t first = task % strips * length, last = std::min(first + length, tiles_of_image);
    const std::int64_t image = task / strips, first_line = first * rows / g.width;
    const std::int64_t last_line = (std::min(last * rows, g.pixels()) - 1) / g.width;
    const std::int64_t top = first_line * g.step - g.pad_top, count = (last_line - first_line) * g.step + g.kernel_h;
    const T* source = x + image * g.source_size();
    const bool direct =
        g.pad_left <= 0 && columns - g.pad_left <= g.source_width && top >= 0 && top + count <= g.source_height;
    std::shared_ptr<T[]> copy;
    const T* lines = source + (direct ? (top * g.source_width - g.pad_left) * g.depth : 0);
    if (!direct) {
      copy = cpu.template allocate<T>(count * columns * g.depth);
      copy_padded(g, source, top, count, columns, copy.get());
      lines = copy.get();
    }
    Tiles<T> tiles(cpu, g, last - first, false);
    tiles.list_large(first, last, first_line, lines, (direct ? g.source_width : columns) * g.depth,
                     y + image * g.out_size());
    finish(tiles);
  });
}

/// Runs a Gather with weights packed as panels [taps * depth, Tile<T>::columns]; `bias` is as wide as all panels, or
/// null. Which of the ways above is taken depends on the image's extents alone, never on their number.
template <class T>
void run_gather(const Cpu<T>& cpu, const Gather& g, const T* x, const T* panels, const T* bias, T* y) {
  if (g.images <= 0 || g.pixels() <= 0 || g.columns <= 0) return;
  constexpr std::int64_t width = Tile<T>::columns;
  const std::int64_t panel_count = ceil_div(g.columns, width), panel_size = g.taps() * g.depth * width;
  const auto run = [&](std::int64_t strips, const auto& prepare) {
    const std::int64_t shares = std::min(panel_count, ceil_div(16, strips));  // few strips: share out the panels too
    parallel(cpu, strips * shares, [&](std::int64_t task) {
      const std::int64_t share = task % shares;
      prepare(task / shares, [&](const Tiles<T>& tiles) {
        for (std::int64_t j = share * panel_count / shares; j < (share + 1) * panel_count / shares; ++j)
          tiles.run(j * width, panels + j * panel_size, bias ? bias + j * width : nullptr);
      });
    });
  };
  if (g.pixels() <= 100)
    gather_small(cpu, g, x, y, run);
  else
    gather_large(cpu, g, x, y, run);
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
             Gather{.images = s.batch,
                    .height = s.out_height,
                    .width = s.out_width,
                    .columns = s.out,
                    .source_height = s.height,
                    .source_width = s.width,
                    .depth = s.in,
                    .kernel_h = s.kernel_h,
                    .kernel_w = s.kernel_w,
                    .pad_top = s.pad_top,
                    .pad_left = s.pad_left,
                    .step = s.stride,
                    .out_height = s.out_height,
                    .out_width = s.out_width},
             x, packed.get(), wide, y);
}

/// The taps of a strided kernel that meet pixels `first`, first + stride, ... of the input, in reverse order: tap t is
/// tap + (count - 1 - t) * stride of the kernel and meets output pixel - pad + t.
struct Phase {
  std::int64_t tap, count, pad;
  Phase(std::int64_t first, std::int64_t kernel, std::int64_t stride, std::int64_t padding)
      : tap((first + padding) % stride),
        count(tap < kernel ? (kernel - 1 - tap) / stride + 1 : 0),
        pad(count - 1 - (first + padding - tap) / stride) {}
};

/// The gradient of conv2d with respect to its images: dx has the shape of x. Of each phase of the stride it is a
/// convolution of dy with a part of the kernel, flipped.
template <class T>
void conv2d_backward_input(const Cpu<T>& cpu, const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  if (s.batch <= 0 || s.height <= 0 || s.width <= 0 || s.in <= 0) return;
  const std::int64_t width = Tile<T>::columns, panels = ceil_div(s.in, width), taps = s.kernel_h * s.kernel_w;
  const auto packed = cpu.template allocate<T>(panels * taps * s.out * width);
  for (std::int64_t phase = 0; phase < s.stride * s.stride; ++phase) {
    const std::int64_t first_y = phase / s.stride, first_x = phase % s.stride;
    const Phase v(first_y, s.kernel_h, s.stride, s.pad_top), u(first_x, s.kernel_w, s.stride, s.pad_left);
    const std::int64_t count = v.count * u.count;
    parallel(cpu, panels, [&](std::int64_t j) {
      for (std::int64_t t = 0; t < count; ++t) {
        const std::int64_t kh = v.tap + (v.count - 1 - t / u.count) * s.stride;
        const std::int64_t kw = u.tap + (u.count - 1 - t % u.count) * s.stride;
        pack_panel(s.out, s.in, j * width, weight + (kh * s.kernel_w + kw) * s.in, taps * s.in,
                   packed.get() + (j * count + t) * s.out * width);
      }
    });
    run_gather(cpu,
               Gather{.images = s.batch,
                      .height = ceil_div(s.height - first_y, s.stride),
                      .width = ceil_div(s.width - first_x, s.stride),
                      .columns = s.in,
                      .source_height = s.out_height,
                      .source_width = s.out_width,
                      .depth = s.out,
                      .kernel_h = v.count,
                      .kernel_w = u.count,
                      .pad_top = v.pad,
                      .pad_left = u.pad,
                      .out_height = s.height,
                      .out_width = s.width,
                      .first_y = first_y,
                      .first_x = first_x,
                      .spacing = s.stride},
               dy, packed.get(), static_cast<const T*>(nullptr), dx);
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
