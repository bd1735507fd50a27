#pragma once
#include <cstddef>
#include <cstdint>

#include <hush/check.hpp>
#include <hush/cuda/cuda.hpp>
#include <hush/cuda/team/vec.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

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
/// Body: the sums over the rows of x [rows, 2, columns], the first half to `first`, the second to `second`, each unless
/// nullptr. A team has some neighbouring numbers of a row.
template <class Y>
struct SumPairs {
  static constexpr std::int64_t a_team = 32;
  std::int64_t rows, columns;
  const float* x;
  Y *first, *second;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t line = 2 * columns, begin = team.block() * a_team, rest = line - begin;
    const std::int64_t numbers = rest < a_team ? rest : a_team, end = rows;
    const float* from = x + begin;
    float* sums = team.template shared<float>();
    sum_columns<1, 1>(team, numbers, sums, [=](std::int64_t row, std::int64_t step, std::int64_t c, auto& sum) {
      for (; row < end; row += step) sum[0][0] += from[row * line + c];
    });
    for (std::int64_t i = team.rank(); i < numbers; i += team.size()) {
      Y* to = begin + i < columns ? first : second;
      if (to) to[(begin + i) % columns] = Y(sums[i]);
    }
  }
};
}  // namespace bodies
/// The sums over the rows of x [rows, 2, columns]; nullptr where one is not wanted.
template <class P, class M, class Y>
void sum_pairs(const Cuda<P, M>& on, std::int64_t rows, std::int64_t columns, const float* x, Y* first, Y* second) {
  using Body = bodies::SumPairs<Y>;
  const std::size_t floats = std::size_t(column_scratch<1>(Body::a_team, 256, 1));
  launch(on, Body{rows, columns, x, first, second},
         {.teams = (2 * columns + Body::a_team - 1) / Body::a_team, .shared = floats * sizeof(float)});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
