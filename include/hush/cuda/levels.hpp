#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: sines and cosines of 2 pi w[k] ln t[i]; in double, because angles may be large and are few.
template <class T>
struct FourierOf {
  std::int64_t n, count;
  const float *t, *w;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    constexpr double turn = 2 * 3.141592653589793;
    for (std::int64_t i = first_of(team); i < 2 * n * count; i += all_of(team)) {
      const std::int64_t c = i % (2 * count), k = c < count ? c : c - count;
      const double angle = turn * double(w[k]) * std::log(double(t[i / (2 * count)]));
      y[i] = T(float(c < count ? std::sin(angle) : std::cos(angle)));
    }
  }
};
/// Body: the row nearest to each number.
struct NearestRows {
  std::int64_t n, entries;
  const float* t;
  std::int32_t* rows;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const double last = double(entries - 1);
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) {
      const double row = std::floor(double(t[i]) + 0.5);
      rows[i] = std::int32_t(row > last ? last : row >= 0 ? row : 0);  // NaN too
    }
  }
};
/// Body: y = x / t[image].
template <class T>
struct DivideImages {
  std::int64_t size, stride;
  const T* x;
  const float* t;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < size; i += all_of(team)) y[i] = T(float(x[i]) / t[i / stride]);
  }
};
}  // namespace bodies

/// y [n, 2 * count]: sin(2 pi w[k] ln t[i]) for all k, then the cosines. Computed in double.
template <class P, class M, class T>
void fourier_embedding(const Cuda<P, M>& on, std::int64_t n, std::int64_t count, const float* t, const float* w, T* y) {
  if (n * count > 0) launch(on, bodies::FourierOf<T>{n, count, t, w, y}, grid_for(2 * n * count, 1, 128));
}
/// rows[i]: the whole number nearest to t[i], the greater one of two, among 0, ..., entries - 1.
template <class P, class M>
void nearest_rows(const Cuda<P, M>& on, std::int64_t n, std::int64_t entries, const float* t, std::int32_t* rows) {
  if (n > 0) launch(on, bodies::NearestRows{n, entries, t, rows}, grid_for(n));
}
/// y = x / t[image], for images of `stride` numbers.
template <class P, class M, class T>
void divide_images(const Cuda<P, M>& on, std::int64_t batch, std::int64_t stride, const T* x, const float* t, T* y) {
  const std::int64_t size = batch * stride;
  if (size > 0) launch(on, bodies::DivideImages<T>{size, stride, x, t, y}, grid_for(size));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
