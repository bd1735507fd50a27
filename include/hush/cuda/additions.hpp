#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include <hush/cuda/team/pieces.hpp>
#include <hush/kernels/addition.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: up to `most` additions at once, cut into pieces of `length` numbers, a team a piece.
template <class S>
struct AddTogether {
  static constexpr int most = 64;  // a kernel's arguments have 4 KiB
  static constexpr std::int64_t length = 2048;
  int count = 0;
  std::int64_t first[most + 1] = {};  // piece of each addition; at last their number
  Addition<S, float> all[most] = {};

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < first[count]; piece += team.blocks()) {
      int one = 0;
      for (int step = most / 2; step > 0; step /= 2)
        if (one + step < count && first[one + step] <= piece) one += step;
      const Addition<S, float>& task = all[one];
      const std::int64_t begin = (piece - first[one]) * length, n = task.n,
                         end = begin + length < n ? begin + length : n;
      for (std::int64_t i = begin + 8 * team.rank(); i < end; i += 8 * team.size()) {
        Vec8 sum = Vec8::load(task.sum + i, end - i);
        const Vec8 more = task.scalars ? Vec8::load(task.scalars + i, end - i) : Vec8::load(task.masters + i, end - i);
        for (int k = 0; k < 8; ++k) sum.v[k] += more.v[k];
        sum.store(task.sum + i, end - i);
      }
    }
  }
};
}  // namespace bodies

/// Does all of the additions, whose sums must not overlap: the same numbers as add_into one by one, by few kernels.
template <class P, class M>
void add_into_all(const Cuda<P, M>& on, std::span<const Addition<ScalarOf<P>, float>> all) {
  using Body = bodies::AddTogether<ScalarOf<P>>;
  while (!all.empty()) {
    const auto now = all.first(std::min<std::size_t>(all.size(), Body::most));
    Body body;
    for (const auto& one : now) {
      body.all[body.count++] = one;
      body.first[body.count] = body.first[body.count - 1] + (one.n + Body::length - 1) / Body::length;
    }
    launch(on, body, {.teams = std::min<std::int64_t>(body.first[body.count], 16384)});
    all = all.subspan(now.size());
  }
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
