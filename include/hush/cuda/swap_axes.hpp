#pragma once
#include <cstdint>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: y [outer, b, a, inner] from x [outer, a, b, inner], eight numbers at a time where memory allows.
template <class T>
struct SwapAxes {
  std::int64_t outer, a, b, inner;
  const T* x;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const bool wide = inner % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(y);
    const std::int64_t each = wide ? 8 : 1, count = outer * a * b * inner;
    for (std::int64_t at = each * first_of(team); at < count; at += each * all_of(team)) {
      const std::int64_t run = at / inner, i = run % a, j = run / a % b;
      const T* from = x + ((run / a / b * a + i) * b + j) * inner + at % inner;
      if (wide)
        Vec<8, T>::load(from).store(y + at);
      else
        y[at] = *from;
    }
  }
};
}  // namespace bodies

/// y [outer, b, a, inner] with the two middle axes of x [outer, a, b, inner] swapped.
template <class P, class M, class T>
void swap_axes(const Cuda<P, M>& on, std::int64_t outer, std::int64_t a, std::int64_t b, std::int64_t inner, const T* x,
               T* y) {
  const std::int64_t count = outer * a * b * inner;
  if (count > 0) launch(on, bodies::SwapAxes<T>{outer, a, b, inner, x, y}, grid_for(count, 8));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
