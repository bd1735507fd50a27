#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include <hush/cpu/cpu.hpp>
#include <hush/cpu/packet.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// Extents of the register tile that every matrix product here is made of: rows times packets of sums, chosen so that
/// the sums, a row of the right matrix and one broadcast number fit the registers.
template <class T>
struct Tile {
  static constexpr int packets = 2;
  static constexpr int rows = simd::packet_registers >= 32 ? 12 : 6;
  static constexpr int few_rows = rows / 3;                                // rows of the tile at a ragged end
  static constexpr int stacked = simd::packet_registers >= 32 ? 8 : 6;     // rows of a tile whose left matrix is packed
  static constexpr std::int64_t columns = packets * simd::packet_size<T>;  // width of a packed panel
};

/// The epilogue of a finished sum: c = alpha sum + bias + beta c, where c is not read if beta is 0, and at last the sum
/// with a residual, which lies at `residual` as c lies at `result`.
template <class T>
struct Finish {
  const T* bias = nullptr;
  T alpha = 1, beta = 0;
  const T *residual = nullptr, *result = nullptr;
};

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// The columns [first, first + Tile<T>::columns) of a [depth, columns] matrix as a panel [depth, Tile<T>::columns],
/// zeros beyond the last column. `from` is row-major with `line` numbers between rows.
template <class T>
void pack_panel(std::int64_t depth, std::int64_t columns, std::int64_t first, const T* from, std::int64_t line,
                T* panel) {
  constexpr std::int64_t width = Tile<T>::columns;
  const std::int64_t n = std::min(width, columns - first);
  for (std::int64_t k = 0; k < depth; ++k, panel += width) {
    const T* row = from + k * line + first;
    if (n == width) {
      for (std::int64_t j = 0; j < width; j += simd::packet_size<T>) simd::store<T>(panel + j, simd::load<T>(row + j));
    } else {
      std::fill(std::copy_n(row, n, panel), panel + width, T(0));
    }
  }
}

/// Packs a panel from the transposed matrix [columns, depth].
template <class T>
void pack_panel_transposed(std::int64_t depth, std::int64_t columns, std::int64_t first, const T* from,
                           std::int64_t line, T* panel) {
  constexpr std::int64_t width = Tile<T>::columns;
  const std::int64_t n = std::min(width, columns - first);
  simd::transpose(n, depth, from + first * line, line, panel, width);
  if (n < width)
    for (std::int64_t k = 0; k < depth; ++k) std::fill(panel + k * width + n, panel + (k + 1) * width, T(0));
}

/// Writes one row of finished sums; `columns` may be less than the packets hold.
template <class T, int packets>
[[gnu::always_inline]] inline void finish_row(const simd::Packet<T>* sums, const Finish<T>& finish,
                                              std::int64_t columns, T* c) {
  constexpr std::int64_t size = simd::packet_size<T>;
  alignas(64) T ragged[packets * size];
  alignas(64) T ragged_residual[packets * size];
  const bool whole = columns >= packets * size;
  T* at = c;
  const T* residual = finish.residual ? finish.residual + (c - finish.result) : nullptr;
  if (!whole) {
    at = ragged;
    if (finish.beta != T(0)) std::copy_n(c, columns, ragged);
    if (residual) {
      std::copy_n(residual, columns, ragged_residual);
      residual = ragged_residual;
    }
  }
  for (int j = 0; j < packets; ++j) {
    simd::Packet<T> value = sums[j];
    if (finish.alpha != T(1)) value = simd::multiply<T>(value, simd::broadcast<T>(finish.alpha));
    if (finish.bias) value = simd::add<T>(value, simd::load<T>(finish.bias + j * size));
    if (finish.beta != T(0))
      value = simd::multiply_add<T>(simd::broadcast<T>(finish.beta), simd::load<T>(at + j * size), value);
    if (residual) value = simd::add<T>(simd::load<T>(residual + j * size), value);
    simd::store<T>(at + j * size, value);
  }
  if (!whole) std::copy_n(ragged, columns, c);
}

/// A packet of the first `count` numbers, and zeros.
template <class T>
simd::Packet<T> load_first(const T* from, std::int64_t count) {
  if (count == simd::packet_size<T>) return simd::load<T>(from);
  alignas(64) T ragged[simd::packet_size<T>] = {};
  std::copy_n(from, count, ragged);
  return simd::load<T>(ragged);
}

/// Writes the first `count` numbers of a packet.
template <class T>
void store_first(const simd::Packet<T>& packet, std::int64_t count, T* to) {
  if (count == simd::packet_size<T>) return simd::store<T>(to, packet);
  alignas(64) T ragged[simd::packet_size<T>];
  simd::store<T>(ragged, packet);
  std::copy_n(ragged, count, to);
}

/// One step of the micro-kernel: sums[r] += row[r][k] times a row of a panel.
template <class T, int rows, int packets>
[[gnu::always_inline]] inline void multiply_step(const T* const (&row)[rows], std::int64_t k, const T* panel,
                                                 simd::Packet<T> (&sums)[rows][packets]) {
  simd::Packet<T> right[packets];
  simd::unrolled<packets>([&](int j) __attribute__((always_inline)) {
    right[j] = simd::load<T>(panel + j * simd::packet_size<T>);
  });
  simd::unrolled<rows>([&](int r) __attribute__((always_inline)) {
    const auto left = simd::broadcast<T>(row[r][k]);
    simd::unrolled<packets>([&](int j) __attribute__((always_inline)) {
      sums[r][j] = simd::multiply_add<T>(left, right[j], sums[r][j]);
    });
  });
}

/// A run of consecutive terms of a sum: the offset of its left numbers from the row pointers, and of its rows in the
/// panel.
struct Chunk {
  std::int64_t left, right;
};

/// The left side of a tile: `chunks` chunks of `depth` terms. Chunk g of row r is read from rows[g * step + r] +
/// chunk[g].left: rows need not lie in order, nor chunks.
template <class T>
struct Left {
  const T* const* rows;
  std::int64_t step, chunks, depth;
  const Chunk* chunk;
};

/// The micro-kernel: for r < rows, c[r][0 .. columns) = finish(sum over all terms of a left number of row r times a row
/// of the panel b). The order of additions is that of the chunks and of the terms in them whatever the tile.
template <class T, int rows, int packets>
void tile_kernel(const Left<T>& a, const T* b, const Finish<T>& finish, std::int64_t valid_rows, std::int64_t columns,
                 T* const* c) {
  constexpr std::int64_t line = Tile<T>::columns;
  simd::Packet<T> sums[rows][packets];
  simd::unrolled<rows>([&](int r) __attribute__((always_inline)) {
    simd::unrolled<packets>([&](int j) __attribute__((always_inline)) { sums[r][j] = simd::broadcast<T>(T(0)); });
  });
  for (std::int64_t g = 0; g < a.chunks; ++g) {
    const T* row[rows];
    simd::unrolled<rows>([&](int r)
                             __attribute__((always_inline)) { row[r] = a.rows[g * a.step + r] + a.chunk[g].left; });
    const T* panel = b + a.chunk[g].right;
    std::int64_t k = 0;
    for (; k + 4 <= a.depth; k += 4, panel += 4 * line) {
      multiply_step<T, rows, packets>(row, k, panel, sums);
      multiply_step<T, rows, packets>(row, k + 1, panel + line, sums);
      multiply_step<T, rows, packets>(row, k + 2, panel + 2 * line, sums);
      multiply_step<T, rows, packets>(row, k + 3, panel + 3 * line, sums);
    }
    for (; k < a.depth; ++k, panel += line) multiply_step<T, rows, packets>(row, k, panel, sums);
  }
  simd::unrolled<rows>([&](int r) __attribute__((always_inline)) {
    if (r < valid_rows) finish_row<T, packets>(sums[r], finish, columns, c[r]);
  });
}

/// Computes a tile of up to Tile<T>::rows rows by up to Tile<T>::columns columns with the micro-kernels that leave
/// least of their own tile empty.
template <class T>
void tile(const Left<T>& a, const T* b, const Finish<T>& finish, std::int64_t rows, std::int64_t columns, T* const* c) {
  constexpr int few = Tile<T>::few_rows;
  const bool narrow = columns <= simd::packet_size<T>;
  if (rows > 2 * few) {
    if (narrow)
      tile_kernel<T, Tile<T>::rows, 1>(a, b, finish, rows, columns, c);
    else
      tile_kernel<T, Tile<T>::rows, 2>(a, b, finish, rows, columns, c);
    return;
  }
  for (std::int64_t r = 0; r < rows; r += few) {
    const Left<T> some{a.rows + r, a.step, a.chunks, a.depth, a.chunk};
    if (narrow)
      tile_kernel<T, few, 1>(some, b, finish, rows - r, columns, c + r);
    else
      tile_kernel<T, few, 2>(some, b, finish, rows - r, columns, c + r);
  }
}

/// The other micro-kernel: c[r][j] += sum over images, lines and steps of a[.. + r] b[.. + j], for a tile
/// [Tile<T>::stacked, Tile<T>::columns] of sums that lies dense at c. The rows of both sides (pixels) are found by
/// constant strides.
struct Walk {
  std::int64_t images = 1, lines = 1, steps = 1;     // how many
  std::int64_t a_image = 0, a_line = 0, a_step = 0;  // distances on the left
  std::int64_t b_image = 0, b_line = 0, b_step = 0;  // and on the right
};
template <class T, int packets>
void stacked_kernel(const Walk& walk, const T* a, const T* b, T* c) {
  using simd::unrolled;
  constexpr int rows = Tile<T>::stacked;
  constexpr std::int64_t size = simd::packet_size<T>;
  simd::Packet<T> sums[rows][packets];
  unrolled<rows>([&](int r) __attribute__((always_inline)) {
    unrolled<packets>([&](int j) __attribute__((always_inline)) { sums[r][j] = simd::broadcast<T>(T(0)); });
  });
  for (std::int64_t n = 0; n < walk.images; ++n)
    for (std::int64_t y = 0; y < walk.lines; ++y) {
      const T* left_at = a + n * walk.a_image + y * walk.a_line;
      const T* right_at = b + n * walk.b_image + y * walk.b_line;
      for (std::int64_t x = 0; x < walk.steps; ++x, left_at += walk.a_step, right_at += walk.b_step) {
        simd::Packet<T> right[packets];
        unrolled<packets>([&](int j) __attribute__((always_inline)) { right[j] = simd::load<T>(right_at + j * size); });
        unrolled<rows>([&](int r) __attribute__((always_inline)) {
          const auto left = simd::broadcast<T>(left_at[r]);
          unrolled<packets>([&](int j) __attribute__((always_inline)) {
            sums[r][j] = simd::multiply_add<T>(left, right[j], sums[r][j]);
          });
        });
      }
    }
  unrolled<rows>([&](int r) __attribute__((always_inline)) {
    unrolled<packets>([&](int j) __attribute__((always_inline)) {
      T* at = c + r * Tile<T>::columns + j * size;
      simd::store<T>(at, simd::add<T>(simd::load<T>(at), sums[r][j]));
    });
  });
}

/// c[rows, columns] = finish(a[rows, depth] times the matrix packed at `panels`), by one thread; the rows of a and c
/// are `a_line` and `c_line` apart, the panels `panel_stride`. `finish.bias` has as many numbers as the panels are
/// wide.
template <class T>
void multiply_rows(std::int64_t rows, std::int64_t columns, std::int64_t depth, const T* a, std::int64_t a_line,
                   const T* panels, std::int64_t panel_stride, const Finish<T>& finish, T* c, std::int64_t c_line) {
  constexpr int height = Tile<T>::rows;
  const Chunk whole{0, 0};
  std::array<const T*, height> from;
  std::array<T*, height> to;
  for (std::int64_t first = 0; first < columns; first += Tile<T>::columns, panels += panel_stride) {
    Finish<T> here = finish;
    if (finish.bias) here.bias += first;
    for (std::int64_t r0 = 0; r0 < rows; r0 += height) {
      for (int r = 0; r < height; ++r) {
        const std::int64_t row = std::min(r0 + r, rows - 1);
        from[std::size_t(r)] = a + row * a_line;
        to[std::size_t(r)] = c + row * c_line + first;
      }
      tile(Left<T>{from.data(), 0, 1, depth, &whole}, panels, here, std::min<std::int64_t>(height, rows - r0),
           std::min(Tile<T>::columns, columns - first), to.data());
    }
  }
}

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
