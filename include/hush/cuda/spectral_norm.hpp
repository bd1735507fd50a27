#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/reduce.hpp>
#include <hush/cuda/team/map.hpp>

// A matrix w [rows, columns] divided by what a vector u [rows] says of its largest singular value. Sums are in double;
// a step of training does each of these once, for weights alone.
namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: v = w^T u, a member a column.
template <class T>
struct TransposedProduct {
  std::int64_t rows, columns;
  const T* w;
  const float* u;
  float* v;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t c = first_of(team); c < columns; c += all_of(team)) {
      double sum = 0;
      for (std::int64_t row = 0; row < rows; ++row) sum += double(u[row]) * double(float(w[row * columns + c]));
      v[c] = float(sum);
    }
  }
};
/// The sum of squares of n numbers, for each member of a team.
template <class Team>
HUSH_HOST_DEVICE double sum_of_squares(const Team& team, std::int64_t n, const float* x) {
  double sum = 0;
  for (std::int64_t i = team.rank(); i < n; i += team.size()) sum += double(x[i]) * double(x[i]);
  return team.sum(sum);
}
/// Body: scale = {|v| / |u|, 1 / |u|}, then v = v / |v|, by one team.
struct SpectralScale {
  std::int64_t rows, columns;
  const float* u;
  float *v, *scale;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const double length = std::sqrt(sum_of_squares(team, rows, u)), found = std::sqrt(sum_of_squares(team, columns, v));
    const double norm = length > 1e-30 ? length : 1e-30, size = found > 1e-30 ? found : 1e-30, sigma = size / norm;
    for (std::int64_t c = team.rank(); c < columns; c += team.size()) v[c] = float(double(v[c]) / size);
    if (team.rank() != 0) return;
    scale[0] = float(sigma > 1e-12 ? sigma : 1e-12);
    scale[1] = float(1 / norm);
  }
};
/// x / sigma, with sigma in the backend's memory.
struct OverSigma {
  const float* sigma;
  HUSH_HOST_DEVICE float operator()(float x, float) const { return x / *sigma; }
};
/// A summand: a b.
struct ProductOf {
  HUSH_HOST_DEVICE float operator()(float a, float b) const { return a * b; }
};
/// Body: dw = (dy - inner u v^T / |u|) / sigma.
template <class T>
struct SpectralSlope {
  std::int64_t rows, columns;
  const T* dy;
  const float *u, *v, *scale, *inner;
  T* dw;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float factor = *inner * scale[1];
    for (std::int64_t i = first_of(team); i < rows * columns; i += all_of(team))
      dw[i] = T((float(dy[i]) - factor * u[i / columns] * v[i % columns]) / scale[0]);
  }
};
/// Body: y = w v, a team a row.
template <class T>
struct RowProducts {
  std::int64_t rows, columns;
  const T* w;
  const float* v;
  float* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = team.block(); row < rows; row += team.blocks()) {
      double sum = 0;
      for (std::int64_t c = team.rank(); c < columns; c += team.size())
        sum += double(float(w[row * columns + c])) * double(v[c]);
      sum = team.sum(sum);
      if (team.rank() == 0) y[row] = float(sum);
    }
  }
};
/// Body: du = du / |du| - u, by one team; 0 where du is.
struct NormalisedStep {
  std::int64_t rows;
  const float* u;
  float* du;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const double norm = std::sqrt(sum_of_squares(team, rows, du));
    for (std::int64_t row = team.rank(); row < rows; row += team.size())
      du[row] = norm > 0 ? float(double(du[row]) / norm - double(u[row])) : 0.f;
  }
};
}  // namespace bodies

/// y = w / sigma, sigma = |w^T u| / |u|; v = w^T u / |w^T u| and scale = {sigma, 1 / |u|} for the gradient.
template <class P, class M, class T>
void spectral_norm(const Cuda<P, M>& on, std::int64_t rows, std::int64_t columns, const T* w, const float* u, T* y,
                   float* v, float* scale) {
  launch(on, bodies::TransposedProduct<T>{rows, columns, w, u, v}, grid_for(columns, 1, 32));
  launch(on, bodies::SpectralScale{rows, columns, u, v, scale}, TeamGrid{});
  map(on, rows * columns, bodies::OverSigma{scale}, y, w);
}

/// dw = (dy - <dy, y> (u / |u|) v^T) / sigma.
template <class P, class M, class T>
void spectral_norm_backward(const Cuda<P, M>& on, std::int64_t rows, std::int64_t columns, const T* dy, const T* y,
                            const float* u, const float* v, const float* scale, T* dw) {
  const Pieces pieces = pieces_to_sum(1, rows * columns);
  const auto sums = on.template allocate<double>(pieces.count());
  const auto inner = on.template allocate<float>(1);
  launch(on, bodies::SumPieces<bodies::ProductOf, T, T>{{}, pieces, dy, y, sums.get()}, pieces.grid());
  launch(on, bodies::AddPieces<float>{pieces.count(), pieces.an_image(), sums.get(), nullptr, 1, inner.get()},
         TeamGrid{});
  launch(on, bodies::SpectralSlope<T>{rows, columns, dy, u, v, scale, inner.get(), dw}, grid_for(rows * columns));
}

/// du = w v / |w v| - u: what takes u one power iteration on.
template <class P, class M, class T>
void power_iteration(const Cuda<P, M>& on, std::int64_t rows, std::int64_t columns, const T* w, const float* u,
                     const float* v, float* du) {
  launch(on, bodies::RowProducts<T>{rows, columns, w, v, du}, {.teams = rows < 16384 ? rows : 16384});
  launch(on, bodies::NormalisedStep{rows, u, du}, TeamGrid{});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
