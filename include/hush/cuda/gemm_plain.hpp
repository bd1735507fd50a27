#pragma once
#include <cstdint>

#include <hush/cuda/cuda.hpp>
#include <hush/kernels/gemm_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// A batch of matrix products c = alpha op(a) op(b) + beta c + bias, all row-major, see GemmSizes; products of T are
/// summed in float. `bias` [columns] may be null. Unless it is null, `residual`, which lies as c does, is added too.
/// Unless it is null, `sums` [rows] gets the sums of op(a) over the depth, which are a bias's gradient (not for
/// batches).
template <class T, class C = T>
struct GemmProduct {
  GemmSizes sizes;
  float alpha = 1;
  const T *a = nullptr, *b = nullptr;
  float beta = 0;
  C* c = nullptr;
  const C* bias = nullptr;
  C* sums = nullptr;
  const C* residual = nullptr;
};

namespace plain {

/// Body: a product tile by tile. The members of a team stand in a rectangle, each with 4 x 4 numbers of the tile, whose
/// factors pass through the team's scratch 16 deep.
template <class T, class C>
struct Gemm {
  static constexpr int each = 4, deep = 16, threads = 256;
  static constexpr std::size_t scratch = (2 * each * 16 + 2) * deep * sizeof(float);
  GemmProduct<T, C> product;

  /// The rectangle of members, at most twice as high as it is wide, and the tile it computes.
  struct Rectangle {
    int down, across;
    HUSH_HOST_DEVICE explicit Rectangle(int members) : down(1), across(1) {
      while (4 * across * across <= members) across *= 2;
      down = members / across < 2 * across ? members / across : 2 * across;
    }
    HUSH_HOST_DEVICE int rows() const { return each * down; }
    HUSH_HOST_DEVICE int columns() const { return each * across; }
    HUSH_HOST_DEVICE std::int64_t tiles_down(const GemmSizes& s) const { return (s.rows + rows() - 1) / rows(); }
    HUSH_HOST_DEVICE std::int64_t tiles_across(const GemmSizes& s) const {
      return (s.columns + columns() - 1) / columns();
    }
  };
  static TeamGrid grid(const GemmSizes& s) {
    const Rectangle rectangle(threads);
    const std::int64_t tiles = s.batch * rectangle.tiles_down(s) * rectangle.tiles_across(s);
    return {.teams = tiles < 16384 ? tiles : 16384, .threads = threads, .shared = scratch};
  }

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const GemmSizes& s = product.sizes;
    const Rectangle shape(team.size());
    const std::int64_t down = shape.tiles_down(s), across = shape.tiles_across(s);
    for (std::int64_t tile = team.block(); tile < s.batch * down * across; tile += team.blocks())
      one_tile(team, shape, tile / (down * across), tile / across % down * shape.rows(),
               tile % across * shape.columns());
  }

 private:
  template <class Team>
  HUSH_HOST_DEVICE void one_tile(const Team& team, const Rectangle& shape, std::int64_t n, std::int64_t row,
                                 std::int64_t column) const {
    const GemmSizes& s = product.sizes;
    const int left_line = shape.rows() + 1, right_line = shape.columns() + 1;  // odd: members write to other banks
    float *left = team.template shared<float>(), *right = left + deep * left_line;
    const int r = team.rank() / shape.across, c = team.rank() % shape.across;
    const bool works = r < shape.down;
    float sums[each][each] = {};
    for (std::int64_t k = 0; k < s.depth; k += deep) {
      bring(team, product.a + n * s.stride_a, s.a == Transpose::yes, s.lda, row, s.rows, shape.rows(), k, left);
      bring(team, product.b + n * s.stride_b, s.b == Transpose::no, s.ldb, column, s.columns, shape.columns(), k,
            right);
      team.sync();
      for (int d = 0; works && d < deep; ++d) {
        float p[each], q[each];
        for (int i = 0; i < each; ++i) p[i] = left[d * left_line + r + i * shape.down];
        for (int j = 0; j < each; ++j) q[j] = right[d * right_line + c + j * shape.across];
        for (int i = 0; i < each; ++i)
          for (int j = 0; j < each; ++j) sums[i][j] += p[i] * q[j];
      }
      team.sync();
    }
    for (int i = 0; i < each; ++i)
      for (int j = 0; j < each; ++j)
        if (works) finish(n, row + r + i * shape.down, column + c + j * shape.across, sums[i][j]);
  }
  /// Lines `first` to `first` + `lines` - 1 of a factor, from depth k on, into scratch as [deep, lines + 1]; zeros
  /// beyond its edges. In memory either the lines or the depth are contiguous: neighbours read neighbours.
  template <class Team>
  HUSH_HOST_DEVICE void bring(const Team& team, const T* from, bool lines_contiguous, std::int64_t ld,
                              std::int64_t first, std::int64_t all, int lines, std::int64_t k, float* to) const {
    for (int e = team.rank(); e < lines * deep; e += team.size()) {
      const int line = lines_contiguous ? e % lines : e / deep, d = lines_contiguous ? e / lines : e % deep;
      const bool there = first + line < all && k + d < product.sizes.depth;
      const std::int64_t at = lines_contiguous ? (k + d) * ld + first + line : (first + line) * ld + k + d;
      to[d * (lines + 1) + line] = there ? float(from[at]) : 0.f;
    }
  }
  HUSH_HOST_DEVICE void finish(std::int64_t n, std::int64_t row, std::int64_t column, float sum) const {
    const GemmSizes& s = product.sizes;
    if (row >= s.rows || column >= s.columns) return;
    const std::int64_t place = n * s.stride_c + row * s.ldc + column;
    C* at = product.c + place;
    float value = product.alpha * sum;
    if (product.beta != 0) value += product.beta * float(*at);
    if (product.residual) value += float(product.residual[place]);
    if (product.bias) value += float(product.bias[column]);
    *at = C(value);
  }
};

/// Queues a product, but for its `sums`.
template <class P, class M, class T, class C>
void gemm(const Cuda<P, M>& on, GemmProduct<T, C> product) {
  product.sizes = dense(product.sizes);
  launch(on, Gemm<T, C>{product}, Gemm<T, C>::grid(product.sizes));
}

}  // namespace plain
}  // namespace HUSH_CUDA_ABI
}  // namespace hush
