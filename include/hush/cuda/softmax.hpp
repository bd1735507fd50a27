#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/pieces.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: w = softmax(x) over rows of `size` numbers, a team a row; w may stand where x does.
template <class T>
struct SoftmaxRows {
  std::int64_t rows, size;
  const float* x;
  T* w;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = team.block(); row < rows; row += team.blocks()) {
      const float* from = x + row * size;
      float top = from[0];
      for (std::int64_t i = 8 * team.rank(); i < size; i += 8 * team.size()) {
        const Vec8 v = Vec8::load(from + i, size - i);
        for (int k = 0; k < 8; ++k) top = i + k < size && v.v[k] > top ? v.v[k] : top;
      }
      top = team.max(top);
      float sum = 0;
      for (std::int64_t i = 8 * team.rank(); i < size; i += 8 * team.size()) {
        const Vec8 v = Vec8::load(from + i, size - i);
        for (int k = 0; k < 8; ++k) sum += i + k < size ? std::exp(v.v[k] - top) : 0.f;
      }
      const float factor = 1.f / team.sum(sum);
      for (std::int64_t i = 8 * team.rank(); i < size; i += 8 * team.size()) {
        Vec8 v = Vec8::load(from + i, size - i);
        for (int k = 0; k < 8; ++k) v.v[k] = factor * std::exp(v.v[k] - top);
        v.store(w + row * size + i, size - i);
      }
    }
  }
};
/// Body: ds = w (dw - sum(w dw)) over rows, a team a row; ds may stand where dw does.
template <class T>
struct SoftmaxSlope {
  std::int64_t rows, size;
  const T* w;
  const float* dw;
  T* ds;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = team.block(); row < rows; row += team.blocks()) {
      const std::int64_t at = row * size;
      float mean = 0;
      for (std::int64_t i = 8 * team.rank(); i < size; i += 8 * team.size()) {
        const Vec8 p = Vec8::load(w + at + i, size - i), v = Vec8::load(dw + at + i, size - i);
        for (int k = 0; k < 8; ++k) mean += p.v[k] * v.v[k];
      }
      mean = team.sum(mean);
      for (std::int64_t i = 8 * team.rank(); i < size; i += 8 * team.size()) {
        const Vec8 p = Vec8::load(w + at + i, size - i);
        Vec8 v = Vec8::load(dw + at + i, size - i);
        for (int k = 0; k < 8; ++k) v.v[k] = p.v[k] * (v.v[k] - mean);
        v.store(ds + at + i, size - i);
      }
    }
  }
};

/// A team a row, with a member for eight numbers, up to 256.
inline TeamGrid grid_of_rows(std::int64_t rows, std::int64_t size) {
  const std::int64_t members = (size + 255) / 256 * 32;
  return {.teams = rows < 16384 ? rows : 16384, .threads = members < 256 ? int(members) : 256};
}
}  // namespace bodies

/// w = e^x over their sum, for each row of x [rows, size], after the greatest is taken away; computed in float. w may
/// stand where x does.
template <class P, class M, class T>
void softmax(const Cuda<P, M>& on, std::int64_t rows, std::int64_t size, const float* x, T* w) {
  if (size > 0) launch(on, bodies::SoftmaxRows<T>{rows, size, x, w}, bodies::grid_of_rows(rows, size));
}
/// The gradient of what a softmax was taken of, from that of its results w: w (dw - sum(w dw)) for each row. ds may
/// stand where dw does.
template <class P, class M, class T>
void softmax_backward(const Cuda<P, M>& on, std::int64_t rows, std::int64_t size, const T* w, const float* dw, T* ds) {
  if (size > 0) launch(on, bodies::SoftmaxSlope<T>{rows, size, w, dw, ds}, bodies::grid_of_rows(rows, size));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
