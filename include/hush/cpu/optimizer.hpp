#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <hush/cpu/block.hpp>
#include <hush/kernels/adam_rule.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// One Adam update of n weights, see AdamRule, with what is fused into it (moving average, compute copy; see
/// AfterUpdate). `gradient_factor` may be nullptr (1); if it is NaN nothing changes.
template <class T>
void adam(const Cpu<T>& cpu, std::int64_t n, const AdamRule& rule, const T* gradient_factor, const T* gradient,
          T* weight, T* first, T* second, const AfterUpdate<T, T>& after = {}) {
  if (gradient_factor && std::isnan(*gradient_factor)) return;
  const T b1 = T(rule.beta1), b2 = T(rule.beta2), c1 = T(1 - rule.beta1), c2 = T(1 - rule.beta2);
  const T eps = T(rule.eps), keep = T(rule.keep), l2 = T(rule.l2), factor = gradient_factor ? *gradient_factor : T(1);
  const T rate = T(rule.rate / (1 - std::pow(rule.beta1, double(rule.number))));
  const T spread = T(1 / std::sqrt(1 - std::pow(rule.beta2, double(rule.number))));
  parallel(cpu, (n + cpu_detail::numbers_a_task - 1) / cpu_detail::numbers_a_task, [&](std::int64_t task) {
    const std::int64_t end = std::min(n, (task + 1) * cpu_detail::numbers_a_task);
    for (std::int64_t i = task * cpu_detail::numbers_a_task; i < end; i += cpu_detail::block_size) {
      const cpu_detail::Numbers<T> w = cpu_detail::load_block(weight + i, end - i);
      const cpu_detail::Numbers<T> g = factor * cpu_detail::load_block(gradient + i, end - i) + l2 * w;
      const cpu_detail::Numbers<T> m = b1 * cpu_detail::load_block(first + i, end - i) + c1 * g;
      const cpu_detail::Numbers<T> v = b2 * cpu_detail::load_block(second + i, end - i) + c2 * g.square();
      cpu_detail::store_block<T>(first + i, end - i, m);
      cpu_detail::store_block<T>(second + i, end - i, v);
      const cpu_detail::Numbers<T> moved = keep * w - rate * m / (spread * v.sqrt() + eps);
      cpu_detail::store_block<T>(weight + i, end - i, moved);
      if (after.average) {
        const cpu_detail::Numbers<T> average =
            T(after.decay) * cpu_detail::load_block(after.average + i, end - i) + T(1 - after.decay) * moved;
        cpu_detail::store_block<T>(after.average + i, end - i, average);
      }
      if (after.compute_copy) cpu_detail::store_block<T>(after.compute_copy + i, end - i, moved);
    }
  });
}

/// The sum of squares of n numbers, in double.
template <class T>
double sum_of_squares(const Cpu<T>& cpu, std::int64_t n, const T* x) {
  std::vector<double> sums(std::size_t((n + cpu_detail::numbers_a_task - 1) / cpu_detail::numbers_a_task), 0.0);
  parallel(cpu, std::int64_t(sums.size()), [&](std::int64_t task) {
    const std::int64_t end = std::min(n, (task + 1) * cpu_detail::numbers_a_task);
    cpu_detail::Numbers<double> sum = cpu_detail::Numbers<double>::Zero();
    for (std::int64_t i = task * cpu_detail::numbers_a_task; i < end; i += cpu_detail::block_size)
      sum += cpu_detail::load_block(x + i, end - i).template cast<double>().square();
    sums[std::size_t(task)] = sum.sum();
  });
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum;
}

/// The report on a step: its loss, the norm of its gradient, and the factor that keeps the norm at or below `clip` (0:
/// whatever it is); see GradientReport.
template <class T>
void measure_gradient(const Cpu<T>& cpu, std::int64_t n, double clip, const T* gradient, const T* loss, T* report) {
  const double norm = std::sqrt(sum_of_squares(cpu, n, gradient));
  const bool finite = std::isfinite(double(*loss)) && std::isfinite(norm);
  report[GradientReport::loss] = *loss;
  report[GradientReport::norm] = T(norm);
  report[GradientReport::factor] =
      finite ? T(clip > 0 && norm > clip ? clip / norm : 1) : std::numeric_limits<T>::quiet_NaN();
}

/// Whether none of n numbers is NaN or infinite.
template <class T>
bool all_finite(const Cpu<T>& cpu, std::int64_t n, const T* x) {
  std::vector<char> finite(std::size_t((n + cpu_detail::numbers_a_task - 1) / cpu_detail::numbers_a_task), 1);
  parallel(cpu, std::int64_t(finite.size()), [&](std::int64_t task) {
    const std::int64_t end = std::min(n, (task + 1) * cpu_detail::numbers_a_task);
    cpu_detail::Numbers<T> nothing =
        cpu_detail::Numbers<T>::Zero();  // 0 * x is 0 for every finite x, and NaN for the others
    for (std::int64_t i = task * cpu_detail::numbers_a_task; i < end; i += cpu_detail::block_size)
      nothing += T(0) * cpu_detail::load_block(x + i, end - i);
    finite[std::size_t(task)] = (nothing == T(0)).all();
  });
  return std::all_of(finite.begin(), finite.end(), [](char ok) { return ok != 0; });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
