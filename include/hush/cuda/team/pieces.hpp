#pragma once
#include <cstdint>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Up to eight numbers of an array as floats: `left` of them exist, the rest are 0.
template <class T>
HUSH_HOST_DEVICE Eight<float> load_floats(const T* x, std::int64_t left) {
  Eight<float> r;
  if (left >= 8 && takes_eight(x)) {
    const Eight<T> v = load_eight(x);
    for (int k = 0; k < 8; ++k) r.v[k] = float(v.v[k]);
  } else {
    for (int k = 0; k < 8; ++k) r.v[k] = k < left ? float(x[k]) : 0.f;
  }
  return r;
}
/// Writes the first `left` of eight floats, rounded to T (all of them if there are as many).
template <class T>
HUSH_HOST_DEVICE void store_floats(T* y, std::int64_t left, const Eight<float>& x) {
  if (left >= 8 && takes_eight(y)) {
    Eight<T> v;
    for (int k = 0; k < 8; ++k) v.v[k] = T(x.v[k]);
    store_eight(y, v);
  } else {
    for (int k = 0; k < 8; ++k)
      if (k < left) y[k] = T(x.v[k]);
  }
}

/// Images of `size` numbers cut into pieces of `length` (a multiple of 8), each for one team whose members take eight
/// numbers at a time: nobody has to divide to know which image a number belongs to.
struct Pieces {
  std::int64_t images, size, length = 2048;

  HUSH_HOST_DEVICE std::int64_t an_image() const { return (size + length - 1) / length; }
  HUSH_HOST_DEVICE std::int64_t count() const { return images * an_image(); }
  HUSH_HOST_DEVICE std::int64_t image(std::int64_t piece) const { return piece / an_image(); }
  /// Where a piece begins and ends within its image.
  HUSH_HOST_DEVICE std::int64_t begin(std::int64_t piece) const { return piece % an_image() * length; }
  HUSH_HOST_DEVICE std::int64_t end(std::int64_t piece) const {
    const std::int64_t last = begin(piece) + length;
    return last < size ? last : size;
  }
  TeamGrid grid() const {
    const std::int64_t teams = count(), longest = size < length ? size : length, members = (longest + 7) / 8;
    return {.teams = teams < 16384 ? teams : 16384, .threads = members >= 256 ? 256 : int((members + 31) / 32 * 32)};
  }
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
