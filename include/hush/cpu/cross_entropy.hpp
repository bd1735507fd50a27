#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hush/cpu/cpu.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y[row] = ln(sum of e^x) - x[label], for each row of x [rows, classes], after its maximum is subtracted.
template <class T>
void cross_entropy(const Cpu<T>&, std::int64_t rows, std::int64_t classes, const T* x, const std::int32_t* labels,
                   T* y) {
  for (std::int64_t row = 0; row < rows; ++row, x += classes) {
    const double top = double(*std::max_element(x, x + classes));
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(double(x[c]) - top);
    y[row] = T(std::log(sum) + top - double(x[labels[row]]));
  }
}
/// dx = dy[0] factor (softmax(x) - one_hot(label)), for each row.
template <class T>
void cross_entropy_backward(const Cpu<T>&, std::int64_t rows, std::int64_t classes, double factor, const T* x,
                            const std::int32_t* labels, const T* dy, T* dx) {
  for (std::int64_t row = 0; row < rows; ++row, x += classes, dx += classes) {
    const double top = double(*std::max_element(x, x + classes));
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(double(x[c]) - top);
    for (std::int64_t c = 0; c < classes; ++c)
      dx[c] = T(double(*dy) * factor * (std::exp(double(x[c]) - top) / sum - (c == labels[row] ? 1 : 0)));
  }
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
