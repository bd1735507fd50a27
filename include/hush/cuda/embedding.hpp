#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: y[i] = table[rows[i]].
template <class T>
struct TakeRows {
  std::int64_t n, width;
  const T* table;
  const std::int32_t* rows;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const bool wide = width % 8 == 0 && aligned_for_vec8(table) && aligned_for_vec8(y);
    const std::int64_t each = wide ? 8 : 1;
    for (std::int64_t i = each * first_of(team); i < n * width; i += each * all_of(team)) {
      const T* from = table + std::int64_t(rows[i / width]) * width + i % width;
      if (wide)
        Vec<8, T>::load(from).store(y + i);
      else
        y[i] = *from;
    }
  }
};
/// Body: dtable[entry] = the sum of dy[i] over all i with rows[i] == entry, in the order of i: every number of the
/// table looks for what took it.
template <class T>
struct GatherRows {
  std::int64_t n, entries, width;
  const std::int32_t* rows;
  const T* dy;
  T* dtable;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t at = first_of(team); at < entries * width; at += all_of(team)) {
      const std::int64_t entry = at / width, c = at % width;
      float sum = 0;
      for (std::int64_t i = 0; i < n; ++i)
        if (rows[i] == entry) sum += float(dy[i * width + c]);
      dtable[at] = T(sum);
    }
  }
};
}  // namespace bodies
/// y[i] = table[rows[i]], for n rows of `width` numbers.
template <class P, class M, class T>
void embedding(const Cuda<P, M>& on, std::int64_t n, std::int64_t width, const T* table, const std::int32_t* rows,
               T* y) {
  if (n * width > 0) launch(on, bodies::TakeRows<T>{n, width, table, rows, y}, grid_for(n * width, 8));
}
/// dtable [entries, width]: the sum, in order, of dy[i] over all i that took the row.
template <class P, class M, class T>
void embedding_backward(const Cuda<P, M>& on, std::int64_t n, std::int64_t entries, std::int64_t width,
                        const std::int32_t* rows, const T* dy, T* dtable) {
  if (entries * width > 0)
    launch(on, bodies::GatherRows<T>{n, entries, width, rows, dy, dtable}, grid_for(entries * width));
}

namespace bodies {
/// Body: sines and cosines of scale t[i] e^(decay k); in double, because angles may be large and are few.
template <class T>
struct SinesOf {
  std::int64_t n, width;
  double decay, scale;
  bool cosine_first;
  const float* t;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t waves = width / 2;
    for (std::int64_t i = first_of(team); i < n * width; i += all_of(team)) {
      const std::int64_t c = i % width, k = c < waves ? c : c - waves;
      const double angle = scale * double(t[i / width]) * std::exp(decay * double(k));
      const bool cosine = (c < waves) == cosine_first;
      y[i] = c == 2 * waves ? T(0.f) : T(float(cosine ? std::cos(angle) : std::sin(angle)));
    }
  }
};
}  // namespace bodies
/// y [n, width] with half = width / 2: sin(w_k t[i]) and cos(w_k t[i]), w_k = scale * max_period^(-k / divisor) for k <
/// half, in one order or the other; the last of an odd width is 0. Computed in double.
template <class P, class M, class T>
void sinusoidal_embedding(const Cuda<P, M>& on, std::int64_t n, std::int64_t width, double max_period, double divisor,
                          double scale, bool cosine_first, const float* t, T* y) {
  const double decay = -std::log(max_period) / divisor;
  if (n * width > 0)
    launch(on, bodies::SinesOf<T>{n, width, decay, scale, cosine_first, t, y}, grid_for(n * width, 1, 128));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
