#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/cuda.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// A member has a whole row, for classes are few: the greatest of its numbers, and the sum of all e^(x - greatest).
template <class T>
struct Likelihoods {
  float top, sum;
  HUSH_HOST_DEVICE Likelihoods(const T* x, std::int64_t classes) : top(float(x[0])), sum(0) {
    for (std::int64_t c = 1; c < classes; ++c) top = float(x[c]) > top ? float(x[c]) : top;
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(float(x[c]) - top);
  }
};
/// Body: y[row] = ln(sum of e^x) - x[label].
template <class T>
struct CrossEntropies {
  std::int64_t rows, classes;
  const T* x;
  const std::int32_t* labels;
  float* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = first_of(team); row < rows; row += all_of(team)) {
      const T* from = x + row * classes;
      const Likelihoods<T> all(from, classes);
      y[row] = std::log(all.sum) + (all.top - float(from[labels[row]]));
    }
  }
};
/// Body: dx = dy[0] factor (softmax(x) - the label's unit vector).
template <class T, class D>
struct CrossEntropySlope {
  std::int64_t rows, classes;
  float factor;
  const T* x;
  const std::int32_t* labels;
  const D* dy;
  T* dx;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t row = first_of(team); row < rows; row += all_of(team)) {
      const T* from = x + row * classes;
      const Likelihoods<T> all(from, classes);
      for (std::int64_t c = 0; c < classes; ++c) {
        const float likely = std::exp(float(from[c]) - all.top) / all.sum;
        dx[row * classes + c] = T(float(*dy) * factor * (likely - (c == labels[row] ? 1.f : 0.f)));
      }
    }
  }
};
}  // namespace bodies

/// y[row] = ln(sum of e^x) - x[label], for each row of x [rows, classes], after the greatest is taken away; in float.
template <class P, class M, class T>
void cross_entropy(const Cuda<P, M>& on, std::int64_t rows, std::int64_t classes, const T* x,
                   const std::int32_t* labels, float* y) {
  if (rows > 0) launch(on, bodies::CrossEntropies<T>{rows, classes, x, labels, y}, grid_for(rows, 1, 64));
}
/// dx = dy[0] factor (softmax(x) - the label's unit vector), for each row.
template <class P, class M, class T, class D>
void cross_entropy_backward(const Cuda<P, M>& on, std::int64_t rows, std::int64_t classes, double factor, const T* x,
                            const std::int32_t* labels, const D* dy, T* dx) {
  if (rows > 0)
    launch(on, bodies::CrossEntropySlope<T, D>{rows, classes, float(factor), x, labels, dy, dx}, grid_for(rows, 1, 64));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
