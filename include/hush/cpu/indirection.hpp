#pragma once
#include <hush/cpu/tile.hpp>

// Indirect convolution (Dukhan 2019, "The Indirect Convolution Algorithm"): an indirection buffer holds, for the pixels
// of a tile, pointers to the rows of input that they meet, and the micro-kernel of matrix products reads through it.
// Nothing is copied into columns (im2col), and padding is a pointer to zeros.
namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// An indirect convolution (Dukhan 2019, "The indirect convolution algorithm"): a sum over the taps of a window for the
/// pixels of a grid. Tap (v, u) of grid pixel (y, x) reads source pixel (y * step - pad_top + v, x * step - pad_left +
/// u), zero outside. Grid pixel (y, x) is written at (first_y + y * spacing, first_x + x * spacing) of an image
/// out_height by out_width.
struct IndirectConv {
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

/// The indirection buffer of a task: what its tiles read and where they write. A tile is Tile<T>::rows grid pixels,
/// with the chunks of its sum.
template <class T>
struct IndirectionBuffer {
  static constexpr std::int64_t rows = Tile<T>::rows;

  IndirectionBuffer(const Cpu<T>& cpu, const IndirectConv& geometry, std::int64_t most, bool every_chunk)
      : g(geometry),
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
  void run(std::int64_t column, const T* panel, const Finish<T>& finish) const {
    const std::int64_t columns = std::min(Tile<T>::columns, g.columns - column),
                       pace = std::max<std::int64_t>(1, chunk_limit);
    std::array<T*, std::size_t(rows)> here;
    for (std::int64_t t = 0; t < count; ++t) {
      for (std::int64_t r = 0; r < rows; ++r) here[std::size_t(r)] = to[t * rows + r] + column;
      tile(Left<T>{from.get() + t * rows * pace, step, valid[2 * t + 1], depth, chunks.get() + t * chunk_limit}, panel,
           finish, valid[2 * t], columns, here.data());
    }
  }

  const IndirectConv& g;
  std::int64_t chunk_limit, count = 0, depth = 0, step = 0;
  std::shared_ptr<const T*[]> from;
  std::shared_ptr<T*[]> to;
  std::shared_ptr<std::int64_t[]> valid;  // of each tile: rows, chunks
  std::shared_ptr<Chunk[]> chunks;
};

/// The source lines [first, first + count) with `columns` pixels from -pad_left on, zeros outside of the image.
template <class T>
void copy_padded(const IndirectConv& g, const T* image, std::int64_t first, std::int64_t count, std::int64_t columns,
                 T* to) {
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

}  // namespace cpu_detail

/// Runs an IndirectConv of small images with weights packed as panels [taps * depth, Tile<T>::columns].
template <class T, class Run>
void indirect_small(const Cpu<T>& cpu, const cpu_detail::IndirectConv& g, const T* x, T* y, const Run& run) {
  constexpr std::int64_t rows = cpu_detail::Tile<T>::rows, length = 16;
  const std::int64_t together = std::min<std::int64_t>(g.images, rows),
                     groups = cpu_detail::ceil_div(g.images, together);
  const std::int64_t strips = cpu_detail::ceil_div(together * g.pixels(), rows * length);
  run(groups * strips, [&, together, strips](std::int64_t task, const auto& finish) {
    const std::int64_t strip = task % strips, image = task / strips * together;
    const std::int64_t count = std::min(together, g.images - image);
    const std::int64_t first = strip * length,
                       last = std::min(first + length, cpu_detail::ceil_div(count * g.pixels(), rows));
    if (first >= last) return;
    const auto zeros = cpu.template allocate<T>(g.depth);
    std::fill_n(zeros.get(), g.depth, T(0));
    cpu_detail::IndirectionBuffer<T> tiles(cpu, g, last - first, true);
    tiles.list_small(first, last, count, x + image * g.source_size(), y + image * g.out_size(), zeros.get());
    finish(tiles);
  });
}

/// Runs an IndirectConv of large images: a strip of pixels reads a padded copy of its source lines, or the image itself
/// if no padding is needed.
template <class T, class Run>
void indirect_large(const Cpu<T>& cpu, const cpu_detail::IndirectConv& g, const T* x, T* y, const Run& run) {
  constexpr std::int64_t rows = cpu_detail::Tile<T>::rows;
  const std::int64_t tiles_of_image = cpu_detail::ceil_div(g.pixels(), rows);
  const std::int64_t pace = std::clamp<std::int64_t>(g.images * tiles_of_image / 32, 16, 48);
  const std::int64_t length = std::min(tiles_of_image, std::max(pace, cpu_detail::ceil_div(4 * g.width, rows)));
  const std::int64_t strips = cpu_detail::ceil_div(tiles_of_image, length);
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
      cpu_detail::copy_padded(g, source, top, count, columns, copy.get());
      lines = copy.get();
    }
    cpu_detail::IndirectionBuffer<T> tiles(cpu, g, last - first, false);
    tiles.list_large(first, last, first_line, lines, (direct ? g.source_width : columns) * g.depth,
                     y + image * g.out_size());
    finish(tiles);
  });
}

/// Runs an IndirectConv of large images with few columns, where a tile would leave most of a packet empty: the taps
/// become columns of a product with the padded lines, and a pixel sums the products of its taps.
template <class T>
void indirect_few(const Cpu<T>& cpu, const cpu_detail::IndirectConv& g, const T* x, const T* panel,
                  const cpu_detail::Finish<T>& finish, T* y) {
  constexpr std::int64_t width = cpu_detail::Tile<T>::columns;
  const std::int64_t wide = g.taps() * g.columns, panel_size = g.depth * width;
  const auto spread = cpu.template allocate<T>(cpu_detail::ceil_div(wide, width) * panel_size);
  std::fill_n(spread.get(), cpu_detail::ceil_div(wide, width) * panel_size, T(0));
  for (std::int64_t c = 0; c < wide; ++c)
    for (std::int64_t i = 0; i < g.depth; ++i)
      spread[c / width * panel_size + i * width + c % width] =
          panel[(c / g.columns * g.depth + i) * width + c % g.columns];
  const std::int64_t lines = std::clamp<std::int64_t>(1024 / g.width, std::min<std::int64_t>(4, g.height), g.height);
  const std::int64_t strips = cpu_detail::ceil_div(g.height, lines), columns = g.width + g.kernel_w - 1;
  const auto at = cpu.template allocate<std::int64_t>(g.taps());  // offsets of the products of a pixel's taps
  for (std::int64_t tap = 0; tap < g.taps(); ++tap)
    at[tap] = (tap / g.kernel_w * columns + tap % g.kernel_w) * wide + tap * g.columns;
  parallel(cpu, g.images * strips, [&](std::int64_t task) {
    const std::int64_t image = task / strips, first = task % strips * lines;
    const std::int64_t here = std::min(lines, g.height - first), pixels = (here + g.kernel_h - 1) * columns;
    const auto scratch = cpu.template allocate<T>(pixels * (g.depth + wide));
    T *source = scratch.get(), *found = source + pixels * g.depth;
    cpu_detail::copy_padded(g, x + image * g.source_size(), first - g.pad_top, here + g.kernel_h - 1, columns, source);
    cpu_detail::multiply_rows(pixels, wide, g.depth, source, g.depth, spread.get(), panel_size, cpu_detail::Finish<T>{},
                              found, wide);
    for (std::int64_t v = 0; v < here; ++v)
      for (std::int64_t u = 0; u < g.width; ++u) {
        const T* from = found + (v * columns + u) * wide;
        T* to = y + image * g.out_size() + g.out_at(first + v, u);
        for (std::int64_t c = 0; c < g.columns; ++c) to[c] = finish.bias ? finish.bias[c] : T(0);
        for (std::int64_t tap = 0; tap < g.taps(); ++tap)
          for (std::int64_t c = 0; c < g.columns; ++c) to[c] += from[at[tap] + c];
        if (finish.residual)
          for (std::int64_t c = 0; c < g.columns; ++c) to[c] += finish.residual[to - y + c];
      }
  });
}

/// Runs an IndirectConv with weights packed as panels [taps * depth, Tile<T>::columns]; the bias of `finish` is as wide
/// as all panels. The choice among the functions above depends on the image's extents alone, never on the number of
/// images, so that an image has the same bits in any batch. The limits are estimates; nobody has measured them: tiles
/// of fewer than 100 pixels are too often cut short or partly padding, and up to 4 columns leave most of a packet
/// empty, while the columns of all their taps fill two panels at most.
template <class T>
void run_indirect(const Cpu<T>& cpu, const cpu_detail::IndirectConv& g, const T* x, const T* panels,
                  const cpu_detail::Finish<T>& finish, T* y) {
  if (g.images <= 0 || g.pixels() <= 0 || g.columns <= 0) return;
  constexpr std::int64_t width = cpu_detail::Tile<T>::columns;
  const std::int64_t panel_count = cpu_detail::ceil_div(g.columns, width), panel_size = g.taps() * g.depth * width;
  const auto run = [&](std::int64_t strips, const auto& prepare) {
    const std::int64_t shares =
        std::min(panel_count, cpu_detail::ceil_div(16, strips));  // few strips: share out the panels too
    parallel(cpu, strips * shares, [&](std::int64_t task) {
      const std::int64_t share = task % shares;
      prepare(task / shares, [&](const cpu_detail::IndirectionBuffer<T>& tiles) {
        cpu_detail::Finish<T> here = finish;
        for (std::int64_t j = share * panel_count / shares; j < (share + 1) * panel_count / shares; ++j) {
          if (finish.bias) here.bias = finish.bias + j * width;
          tiles.run(j * width, panels + j * panel_size, here);
        }
      });
    });
  };
  if (g.pixels() > 100 && g.columns <= 4 && g.taps() > 1 && g.taps() * g.columns <= 2 * width && g.step == 1)
    indirect_few(cpu, g, x, panels, finish, y);
  else if (g.pixels() <= 100)
    indirect_small(cpu, g, x, y, run);
  else
    indirect_large(cpu, g, x, y, run);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
