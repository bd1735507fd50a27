#pragma once
#include <hush/cpu/weight_panels.hpp>
#include <hush/kernels/gemm_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// Packs columns j * Tile<T>::columns and on of rows k0 to k0 + depth of op(B).
template <class T>
void pack_right_side(const GemmSizes& s, std::int64_t k0, std::int64_t depth, std::int64_t j, const T* b, T* panel) {
  const std::int64_t first = j * Tile<T>::columns;
  if (s.b == Transpose::no)
    pack_panel(depth, s.columns, first, b + k0 * s.ldb, s.ldb, panel);
  else
    pack_panel_transposed(depth, s.columns, first, b + k0, s.ldb, panel);
}

}  // namespace cpu_detail

/// One matrix product of a batch, `s` being dense(s). The depth is cut in blocks of fixed length whose right side is
/// packed into panels once; the strips of rows are shared among the threads. `kept` is the right side as panels of the
/// whole depth, or null; the bias of `whole` is as wide as all panels.
template <class T>
void gemm_one(const Cpu<T>& cpu, const GemmSizes& s, const cpu_detail::Finish<T>& whole, const T* a, const T* b, T* c,
              const T* kept) {
  constexpr std::int64_t width = cpu_detail::Tile<T>::columns, depth_block = 1024;
  // Each strip of a transposed left side is transposed once per group of columns: short strips leave more columns to
  // each.
  const bool shorter = s.a == Transpose::yes && s.rows <= 512;
  const std::int64_t strip = (shorter ? 2 : 8) * cpu_detail::Tile<T>::rows;
  const std::int64_t panels = cpu_detail::ceil_div(s.columns, width), strips = cpu_detail::ceil_div(s.rows, strip);
  const std::int64_t panel_size = (kept ? s.depth : std::min(s.depth, depth_block)) * width;
  const auto packed = cpu.template allocate<T>(kept ? 0 : panels * panel_size);
  const std::int64_t column_groups = std::min(panels, cpu_detail::ceil_div(16, strips)),
                     group = cpu_detail::ceil_div(panels, column_groups);
  std::int64_t k0 = 0;
  do {  // once even if the depth is 0
    const std::int64_t depth = std::min(depth_block, s.depth - k0);
    const T* right = kept ? kept + k0 * width : packed.get();
    if (!kept)
      parallel(cpu, panels,
               [&](std::int64_t j) { cpu_detail::pack_right_side(s, k0, depth, j, b, packed.get() + j * panel_size); });
    const bool last = k0 + depth >= s.depth;
    parallel(cpu, strips * column_groups, [&](std::int64_t task) {
      const std::int64_t r0 = task / column_groups * strip, rows = std::min(strip, s.rows - r0);
      const std::int64_t j0 = task % column_groups * group, j1 = std::min(panels, j0 + group), first = j0 * width;
      if (j0 >= j1) return;
      std::shared_ptr<T[]> turned;
      const T* left = a + r0 * s.lda + k0;
      if (s.a == Transpose::yes) {
        turned = cpu.template allocate<T>(rows * depth);
        simd::transpose(depth, rows, a + k0 * s.lda + r0, s.lda, turned.get(), depth);
        left = turned.get();
      }
      const cpu_detail::Finish<T> finish{last && whole.bias ? whole.bias + first : nullptr, whole.alpha,
                                         k0 == 0 ? whole.beta : T(1), last ? whole.residual : nullptr, c};
      cpu_detail::multiply_rows(rows, std::min(s.columns, j1 * width) - first, depth, left,
                                s.a == Transpose::yes ? depth : s.lda, right + j0 * panel_size, panel_size, finish,
                                c + r0 * s.ldc + first, s.ldc);
    });
    k0 += depth;
  } while (k0 < s.depth);
}

/// C[rows, columns] = alpha op(A) op(B) + beta C, row-major, for every matrix of the batch; C is not read if beta is 0.
/// A row of C is the same to the last bit whatever the number of rows, of matrices and of threads.
template <class T>
void gemm(const Cpu<T>& cpu, const GemmSizes& sizes, T alpha, const T* a, const T* b, T beta, T* c) {
  const GemmSizes s = dense(sizes);
  if (s.rows <= 0 || s.columns <= 0) return;
  const auto one = [&](std::int64_t n) {
    gemm_one(cpu, s, cpu_detail::Finish<T>{.alpha = alpha, .beta = beta}, a + n * s.stride_a, b + n * s.stride_b,
             c + n * s.stride_c, static_cast<const T*>(nullptr));
  };
  if (s.batch == 1)
    one(0);
  else
    parallel(cpu, s.batch, one);
}

/// y[rows, out] = residual[rows, out] + x[rows, in] weight[out, in]^T + bias[out]; bias and residual may be null.
template <class T>
void linear(const Cpu<T>& cpu, std::int64_t rows, std::int64_t in, std::int64_t out, const T* x, const T* weight,
            const T* bias, const T* residual, T* y) {
  if (rows <= 0 || out <= 0) return;
  const auto kept = cpu_detail::kept_panels(cpu, rows < cpu_detail::rows_that_pack, out, in, weight);
  const auto wide = cpu_detail::widened(cpu, out, bias);
  gemm_one(cpu, dense({.rows = rows, .columns = out, .depth = in, .b = Transpose::yes}),
           cpu_detail::Finish<T>{.bias = wide.get(), .residual = residual}, x, weight, y, kept.get());
}
template <class T>
void linear(const Cpu<T>& cpu, std::int64_t rows, std::int64_t in, std::int64_t out, const T* x, const T* weight,
            const T* bias, T* y) {
  linear(cpu, rows, in, out, x, weight, bias, static_cast<const T*>(nullptr), y);
}

/// dx[rows, in] = dy[rows, out] weight[out, in].
template <class T>
void linear_backward_input(const Cpu<T>& cpu, std::int64_t rows, std::int64_t in, std::int64_t out, const T* dy,
                           const T* weight, T* dx) {
  gemm(cpu, GemmSizes{.rows = rows, .columns = in, .depth = out}, T(1), dy, weight, T(0), dx);
}

/// dweight[out, in] = dy[rows, out]^T x[rows, in]; dbias[out] is the sum of dy over the rows.
template <class T>
void linear_backward_weight(const Cpu<T>& cpu, std::int64_t rows, std::int64_t in, std::int64_t out, const T* x,
                            const T* dy, T* dweight, T* dbias) {
  gemm(cpu, GemmSizes{.rows = out, .columns = in, .depth = rows, .a = Transpose::yes}, T(1), dy, x, T(0), dweight);
  if (!dbias) return;
  constexpr std::int64_t together = 64;
  parallel(cpu, cpu_detail::ceil_div(out, together), [&](std::int64_t block) {
    const std::int64_t first = block * together, last = std::min(out, first + together);
    std::fill(dbias + first, dbias + last, T(0));
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t o = first; o < last; ++o) dbias[o] += dy[r * out + o];
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
