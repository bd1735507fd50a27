#pragma once
#include <cstdint>

#include <hush/cuda/cuda.hpp>
#include <hush/cuda/team/vec.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: y[i] = f(a[i], b[i]) for n numbers, computed in float (or whatever f takes), eight at a time where memory
/// allows; b may be nullptr, f then sees 0.
template <class F, class Y, class A, class B = A>
struct Map {
  F f;
  std::int64_t n;
  Y* y;
  const A* a;
  const B* b;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const bool wide = aligned_for_vec8(y) && aligned_for_vec8(a) && (!b || aligned_for_vec8(b));
    const std::int64_t eights = wide ? n / 8 : 0;
    for (std::int64_t i = first_of(team); i < eights; i += all_of(team)) {
      const auto p = Vec<8, A>::load(a + 8 * i);
      const auto q = b ? Vec<8, B>::load(b + 8 * i) : Vec<8, B>{};
      Vec<8, Y> r;
      for (int k = 0; k < 8; ++k) r.v[k] = Y(f(p.v[k], q.v[k]));
      r.store(y + 8 * i);
    }
    for (std::int64_t i = 8 * eights + first_of(team); i < n; i += all_of(team)) y[i] = Y(f(a[i], b ? b[i] : B{}));
  }
};
}  // namespace bodies

/// y = f(a, b) for n numbers.
template <class P, class M, class F, class Y, class A, class B>
void map(const Cuda<P, M>& on, std::int64_t n, const F& f, Y* y, const A* a, const B* b) {
  if (n > 0) launch(on, bodies::Map<F, Y, A, B>{f, n, y, a, b}, grid_for(n, 8));
}
/// y = f(a, 0) for n numbers.
template <class P, class M, class F, class Y, class A>
void map(const Cuda<P, M>& on, std::int64_t n, const F& f, Y* y, const A* a) {
  map(on, n, f, y, a, static_cast<const A*>(nullptr));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
