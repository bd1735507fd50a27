#pragma once
#include <hush/grid.hpp>

namespace hush {

/// The times range(0, T, c) with the smallest stride c that gives n of them: for T = 1000 and n = 10, 900, ..., 0; for
/// n = 7, 858, 715, ..., 0. Throws std::invalid_argument where no stride gives n. Sources: Song et al. 2021 (DDIM),
/// appendix D.2 ("uniform" in its code, where c is T/n rounded down and may give more than n times); "ddimN" of Nichol
/// and Dhariwal 2021's code.
struct DdimUniform {
  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_discrete(schedule, "DdimUniform");
    check_step_count(schedule, n, "DdimUniform");
    const int steps = schedule.steps(), stride = (steps + n - 1) / n;  // n strides reach the end, n - 1 do not
    check((n - 1) * stride < steps, "DdimUniform", "no stride has exactly ", n, " times of ", steps);
    return descending(schedule, n, [&](int k) { return k * stride; });
  }
};
static_assert(GridRule<DdimUniform>);

}  // namespace hush
