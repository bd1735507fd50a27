#pragma once
#include <cstddef>
#include <cstdint>

#include <hush/check.hpp>
#include <hush/cuda/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// W numbers that a member of a team works on at once, in float: 8, read with wide loads, or 1.
template <int W>
struct Lanes {
  float v[W];
};
template <int W, class T>
HUSH_HOST_DEVICE Lanes<W> load_lanes(const T* p) {
  Lanes<W> x;
  if constexpr (W == 8) {
    const Eight<T> wide = load_eight(p);
    for (int w = 0; w < W; ++w) x.v[w] = float(wide.v[w]);
  } else {
    for (int w = 0; w < W; ++w) x.v[w] = float(p[w]);
  }
  return x;
}
template <int W, class T>
HUSH_HOST_DEVICE void store_lanes(T* p, const Lanes<W>& x) {
  if constexpr (W == 8) {
    Eight<T> wide;
    for (int w = 0; w < W; ++w) wide.v[w] = T(x.v[w]);
    store_eight(p, wide);
  } else {
    for (int w = 0; w < W; ++w) p[w] = T(x.v[w]);
  }
}

/// A matrix walked by the columns: each member of a team keeps W neighbouring columns and takes every `rows`-th row, so
/// that what belongs to a column stays in registers. `rows` rows are under way at once; item i (of rows * columns, in
/// steps of W) has row i / columns and column i % columns.
template <int W>
HUSH_HOST_DEVICE std::int64_t rows_at_once(std::int64_t columns, int members) {
  const std::int64_t rows = members / (columns / W);
  return rows < 1 ? 1 : rows;
}
/// Floats of scratch for `numbers` numbers of each column in each of the rows under way.
template <int W>
std::int64_t column_scratch(std::int64_t columns, int members, int numbers) {
  return numbers * rows_at_once<W>(columns, members) * columns;
}

/// Throws unless a team may have so much scratch: 96 KiB, which every architecture grants.
inline void check_scratch(const char* where, std::int64_t columns, std::size_t bytes) {
  check(bytes <= 96 * 1024, where, columns, " channels are more than a team can work on");
}

/// Sums K numbers of each column over the rows, at last in double. gather(row, step, c, sums) adds those of rows row,
/// row + step, ... below the end, columns c to c + W, to float sums[K][W]. The sums lie in `scratch`, of column_scratch
/// floats, those of number k from k * (what is returned) on; all members may read them.
template <int W, int K, class Team, class Gather>
HUSH_HOST_DEVICE std::int64_t sum_columns(const Team& team, std::int64_t columns, float* scratch,
                                          const Gather& gather) {
  const std::int64_t rows = rows_at_once<W>(columns, team.size()), plane = rows * columns;
  for (std::int64_t i = std::int64_t(team.rank()) * W; i < plane; i += std::int64_t(team.size()) * W) {
    float sums[K][W] = {};
    gather(i / columns, rows, i % columns, sums);
    for (int k = 0; k < K; ++k)
      for (int w = 0; w < W; ++w) scratch[k * plane + i + w] = sums[k][w];
  }
  team.sync();
  for (std::int64_t i = team.rank(); i < K * columns; i += team.size()) {
    float* at = scratch + i / columns * plane + i % columns;
    double sum = 0;
    for (std::int64_t row = 0; row < rows; ++row) sum += double(at[row * columns]);
    at[0] = float(sum);
  }
  team.sync();
  return plane;
}

/// sums[g] = f(g, 0) + f(g, 1) + ... + f(g, width - 1) for each of a few groups; all members may read them.
template <class Team, class F>
HUSH_HOST_DEVICE void sum_groups(const Team& team, std::int64_t groups, std::int64_t width, float* sums, const F& f) {
  if (groups == 1) {
    double sum = 0;
    for (std::int64_t i = team.rank(); i < width; i += team.size()) sum += double(f(0, i));
    sum = team.sum(sum);
    if (team.rank() == 0) sums[0] = float(sum);
  } else {
    for (std::int64_t g = team.rank(); g < groups; g += team.size()) {
      double sum = 0;
      for (std::int64_t i = 0; i < width; ++i) sum += double(f(g, i));
      sums[g] = float(sum);
    }
  }
  team.sync();
}

namespace bodies {
/// Body: y[c] = the sum over the rows of x[row * line + c], in order.
template <class Y>
struct SumRows {
  std::int64_t rows, columns, line;
  const float* x;
  Y* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t c = first_of(team); c < columns; c += all_of(team)) {
      double sum = 0;
      for (std::int64_t row = 0; row < rows; ++row) sum += double(x[row * line + c]);
      y[c] = Y(float(sum));
    }
  }
};
}  // namespace bodies

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
