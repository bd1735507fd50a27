#pragma once
#include <cstdint>

#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// W numbers that a member of a team works on at once: 8, which are read and written with wide accesses, or 1. Kernels
/// compute in float whatever arrays hold, so `load` and `store` convert. Eight bf16 are 16 bytes, the widest access of
/// a GPU, eight floats two of them.
template <int W, class T = float>
struct alignas(W > 1 ? (W * sizeof(T) > 16 ? 16 : W * sizeof(T)) : alignof(T)) Vec {
  static_assert(W == 1 || W == 8);
  T v[W];

  /// The numbers at p, which is aligned for as many (see aligned_for_vec8).
  template <class X>
  static HUSH_HOST_DEVICE Vec load(const X* p) {
    const Vec<W, X> wide = *reinterpret_cast<const Vec<W, X>*>(p);
    Vec x;
    for (int w = 0; w < W; ++w) x.v[w] = T(wide.v[w]);
    return x;
  }
  /// The first `left` numbers at p, however it is aligned (all if there are as many), and zeros.
  template <class X>
  static HUSH_HOST_DEVICE Vec load(const X* p, std::int64_t left) {
    if (left >= W && aligned(p)) return load(p);
    Vec x;
    for (int w = 0; w < W; ++w) x.v[w] = w < left ? T(p[w]) : T(0);
    return x;
  }
  /// Writes the numbers to p, which is aligned for as many.
  template <class Y>
  HUSH_HOST_DEVICE void store(Y* p) const {
    Vec<W, Y> wide;
    for (int w = 0; w < W; ++w) wide.v[w] = Y(v[w]);
    *reinterpret_cast<Vec<W, Y>*>(p) = wide;
  }
  /// Writes the first `left` numbers to p, however it is aligned (all if there are as many).
  template <class Y>
  HUSH_HOST_DEVICE void store(Y* p, std::int64_t left) const {
    if (left >= W && aligned(p)) return store(p);
    for (int w = 0; w < W; ++w)
      if (w < left) p[w] = Y(v[w]);
  }
  /// Whether an array may be read and written with wide accesses from p on.
  template <class X>
  static HUSH_HOST_DEVICE bool aligned(const X* p) {
    return reinterpret_cast<std::uintptr_t>(p) % alignof(Vec<W, X>) == 0;
  }
};

using Vec8 = Vec<8>;

/// Whether eight numbers may be read or written at once from p on.
template <class T>
HUSH_HOST_DEVICE bool aligned_for_vec8(const T* p) {
  return Vec8::aligned(p);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
