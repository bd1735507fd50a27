#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <hush/cpu/cpu.hpp>

// A matrix w [rows, columns] divided by what a vector u [rows] says of its largest singular value. All sums are in
// double and in order; a step of training does each of these once, for weights alone.
namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = w / sigma, sigma = |w^T u| / |u|; v = w^T u / |w^T u| and scale = {sigma, 1 / |u|} for the gradient.
template <class T>
void spectral_norm(const Cpu<T>& cpu, std::int64_t rows, std::int64_t columns, const T* w, const T* u, T* y, T* v,
                   T* scale) {
  std::vector<double> sums(std::size_t(columns), 0.0);
  double length = 0, square = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const double factor = double(u[row]);
    length += factor * factor;
    for (std::int64_t c = 0; c < columns; ++c) sums[std::size_t(c)] += factor * double(w[row * columns + c]);
  }
  for (const double s : sums) square += s * s;
  const double found = std::max(std::sqrt(square), 1e-30), norm = std::max(std::sqrt(length), 1e-30);
  for (std::int64_t c = 0; c < columns; ++c) v[c] = T(sums[std::size_t(c)] / found);
  const double sigma = std::max(found / norm, 1e-12);
  scale[0] = T(sigma);
  scale[1] = T(1 / norm);
  parallel(cpu, rows, [&](std::int64_t row) {
    for (std::int64_t i = row * columns; i < (row + 1) * columns; ++i) y[i] = T(double(w[i]) / sigma);
  });
}

/// dw = (dy - <dy, y> (u / |u|) v^T) / sigma.
template <class T>
void spectral_norm_backward(const Cpu<T>& cpu, std::int64_t rows, std::int64_t columns, const T* dy, const T* y,
                            const T* u, const T* v, const T* scale, T* dw) {
  double inner = 0;
  for (std::int64_t i = 0; i < rows * columns; ++i) inner += double(dy[i]) * double(y[i]);
  const double sigma = double(scale[0]);
  parallel(cpu, rows, [&](std::int64_t row) {
    const double factor = inner * double(u[row]) * double(scale[1]);
    for (std::int64_t c = 0, i = row * columns; c < columns; ++c, ++i)
      dw[i] = T((double(dy[i]) - factor * double(v[c])) / sigma);
  });
}

/// du = w v / |w v| - u: what takes u one power iteration on.
template <class T>
void power_iteration(const Cpu<T>&, std::int64_t rows, std::int64_t columns, const T* w, const T* u, const T* v,
                     T* du) {
  std::vector<double> sums(std::size_t(rows), 0.0);
  double square = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    double& sum = sums[std::size_t(row)];
    for (std::int64_t c = 0; c < columns; ++c) sum += double(w[row * columns + c]) * double(v[c]);
    square += sum * sum;
  }
  const double norm = std::sqrt(square);
  for (std::int64_t row = 0; row < rows; ++row)
    du[row] = norm > 0 ? T(sums[std::size_t(row)] / norm - double(u[row])) : T(0);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
