#pragma once
#include <cstdint>

#include <hush/cuda/cuda.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Eight numbers that are read or written at once: 16 bytes of bf16, 32 of float.
template <class T>
struct alignas(8 * sizeof(T) > 16 ? 16 : 8 * sizeof(T)) Eight {
  T v[8];
};
template <class T>
HUSH_HOST_DEVICE bool takes_eight(const T* p) {
  return reinterpret_cast<std::uintptr_t>(p) % alignof(Eight<T>) == 0;
}
template <class T>
HUSH_HOST_DEVICE Eight<T> load_eight(const T* p) {
  return *reinterpret_cast<const Eight<T>*>(p);
}
template <class T>
HUSH_HOST_DEVICE void store_eight(T* p, const Eight<T>& x) {
  *reinterpret_cast<Eight<T>*>(p) = x;
}

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
    const bool wide = takes_eight(y) && takes_eight(a) && (!b || takes_eight(b));
    const std::int64_t eights = wide ? n / 8 : 0;
    for (std::int64_t i = first_of(team); i < eights; i += all_of(team)) {
      const Eight<A> p = load_eight(a + 8 * i);
      Eight<B> q{};
      if (b) q = load_eight(b + 8 * i);
      Eight<Y> r;
      for (int k = 0; k < 8; ++k) r.v[k] = Y(f(p.v[k], q.v[k]));
      store_eight(y + 8 * i, r);
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
