#pragma once
#include <cstdint>

namespace hush {

/// Whether a matrix is read as it lies in memory or with rows and columns exchanged.
enum class Transpose { no, yes };

/// Extents of C[rows, columns] = alpha op(A)[rows, depth] op(B)[depth, columns] + beta C, all row-major, for `batch`
/// triples of matrices. Strides (between the matrices of a batch) and leading dimensions (between the rows as they lie
/// in memory) count elements; 0 stands for dense.
struct GemmSizes {
  std::int64_t rows = 0, columns = 0, depth = 0, batch = 1;
  Transpose a = Transpose::no, b = Transpose::no;
  std::int64_t stride_a = 0, stride_b = 0, stride_c = 0;
  std::int64_t lda = 0, ldb = 0, ldc = 0;
};

/// The same sizes with every 0 among the strides and leading dimensions replaced by what it stands for.
constexpr GemmSizes dense(GemmSizes s) {
  if (s.lda == 0) s.lda = s.a == Transpose::no ? s.depth : s.rows;
  if (s.ldb == 0) s.ldb = s.b == Transpose::no ? s.columns : s.depth;
  if (s.ldc == 0) s.ldc = s.columns;
  if (s.stride_a == 0) s.stride_a = s.lda * (s.a == Transpose::no ? s.rows : s.depth);
  if (s.stride_b == 0) s.stride_b = s.ldb * (s.b == Transpose::no ? s.depth : s.columns);
  if (s.stride_c == 0) s.stride_c = s.ldc * s.rows;
  return s;
}

}  // namespace hush
