#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include <hush/cpu/cpu.hpp>
#include <hush/tensor/adam_rule.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Elements of a flat buffer that one task of the kernels below takes.
inline constexpr std::int64_t flat_slab = 1 << 14;

template <class T, class Slab>
void over_slabs(const Cpu<T>& cpu, std::int64_t size, const Slab& slab) {
  parallel(cpu, (size + flat_slab - 1) / flat_slab, [&](std::int64_t i) {
    const std::int64_t first = i * flat_slab;
    slab(i, first, std::min(flat_slab, size - first));
  });
}

/// One Adam update of `size` weights; see AdamRule.
template <class T>
void adam(const Cpu<T>& cpu, std::int64_t size, const AdamRule& rule, const T* gradient, T* weight, T* first,
          T* second) {
  using Array = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
  using Const = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;
  const T b1 = T(rule.beta1), b2 = T(rule.beta2), eps = T(rule.eps), keep = T(rule.keep), l2 = T(rule.l2);
  const T factor = T(rule.gradient_factor);
  const T rate = T(rule.rate / (1 - std::pow(rule.beta1, double(rule.number))));
  const T spread = T(1 / std::sqrt(1 - std::pow(rule.beta2, double(rule.number))));
  over_slabs(cpu, size, [&](std::int64_t, std::int64_t at, std::int64_t n) {
    const Const g(gradient + at, n);
    Array w(weight + at, n), m(first + at, n), v(second + at, n);
    m = b1 * m + (1 - b1) * (factor * g + l2 * w);
    v = b2 * v + (1 - b2) * (factor * g + l2 * w).square();
    w = keep * w - rate * m / (spread * v.sqrt() + eps);
  });
}

/// average = decay * average + (1 - decay) * value.
template <class T>
void average_into(const Cpu<T>& cpu, std::int64_t size, double decay, const T* value, T* average) {
  over_slabs(cpu, size, [&](std::int64_t, std::int64_t at, std::int64_t n) {
    const Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>> w(value + at, n);
    Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>> a(average + at, n);
    a = T(decay) * a + T(1 - decay) * w;
  });
}

/// The sum of squares of a flat buffer, in double; NaN or infinity if an element is.
template <class T>
double sum_of_squares(const Cpu<T>& cpu, std::int64_t size, const T* x) {
  std::vector<double> sums(std::size_t((size + flat_slab - 1) / flat_slab), 0.0);
  over_slabs(cpu, size, [&](std::int64_t i, std::int64_t at, std::int64_t n) {
    sums[std::size_t(i)] =
        Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>(x + at, n).template cast<double>().square().sum();
  });
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum;
}

/// Whether every element is finite.
template <class T>
bool all_finite(const Cpu<T>& cpu, std::int64_t size, const T* x) {
  return std::isfinite(sum_of_squares(cpu, size, x));
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
