#pragma once
#include <cmath>
#include <cstdint>
#include <limits>

#include <hush/cuda/reduce.hpp>
#include <hush/kernels/adam_rule.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// AdamRule in float, its powers taken: rate and spread = 1 / sqrt(1 - beta2^number) hold the corrections for bias.
struct AdamNumbers {
  float beta1, rest1, beta2, rest2, eps, l2, keep, rate, spread;
};
/// Body: update, moving average and compute_copy of n weights, eight at a time.
template <class S>
struct AdamStep {
  std::int64_t n;
  AdamNumbers rule;
  const float *factor, *gradient;
  float *weight, *first, *second, *average;
  float decay, rest;
  S* compute_copy;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float grown = factor ? *factor : 1.f;
    if (std::isnan(grown)) return;
    for (std::int64_t i = 8 * first_of(team); i < n; i += 8 * all_of(team)) {
      const std::int64_t left = n - i;
      Vec8 w = Vec8::load(weight + i, left), m = Vec8::load(first + i, left), v = Vec8::load(second + i, left);
      const Vec8 given = Vec8::load(gradient + i, left);
      for (int k = 0; k < 8; ++k) {
        const float g = grown * given.v[k] + rule.l2 * w.v[k];
        m.v[k] = rule.beta1 * m.v[k] + rule.rest1 * g;
        v.v[k] = rule.beta2 * v.v[k] + rule.rest2 * g * g;
        w.v[k] = rule.keep * w.v[k] - rule.rate * m.v[k] / (rule.spread * std::sqrt(v.v[k]) + rule.eps);
      }
      m.store(first + i, left);
      v.store(second + i, left);
      w.store(weight + i, left);
      if (compute_copy) w.store(compute_copy + i, left);
      if (!average) continue;
      Vec8 mean = Vec8::load(average + i, left);
      for (int k = 0; k < 8; ++k) mean.v[k] = decay * mean.v[k] + rest * w.v[k];
      mean.store(average + i, left);
    }
  }
};
}  // namespace bodies
/// One Adam update of n weights, see AdamRule, and of what goes with them, in one kernel. `gradient_factor`, in the
/// backend's memory, may be nullptr (1); if it is NaN nothing changes.
template <class P, class M>
void adam(const Cuda<P, M>& on, std::int64_t n, const AdamRule& rule, const float* gradient_factor,
          const float* gradient, float* weight, float* first, float* second,
          const AfterUpdate<float, ScalarOf<P>>& after = {}) {
  const auto number = double(rule.number);
  const bodies::AdamNumbers numbers{.beta1 = float(rule.beta1),
                                    .rest1 = float(1 - rule.beta1),
                                    .beta2 = float(rule.beta2),
                                    .rest2 = float(1 - rule.beta2),
                                    .eps = float(rule.eps),
                                    .l2 = float(rule.l2),
                                    .keep = float(rule.keep),
                                    .rate = float(rule.rate / (1 - std::pow(rule.beta1, number))),
                                    .spread = float(1 / std::sqrt(1 - std::pow(rule.beta2, number)))};
  const bodies::AdamStep<ScalarOf<P>> body{n,
                                           numbers,
                                           gradient_factor,
                                           gradient,
                                           weight,
                                           first,
                                           second,
                                           after.average,
                                           float(after.decay),
                                           float(1 - after.decay),
                                           after.compute_copy};
  if (n > 0) launch(on, body, grid_for(n, 8));
}

namespace bodies {
/// Summands of a norm, in double: no gradient that a float can hold overflows.
struct SquareOf {
  HUSH_HOST_DEVICE double operator()(float a, float) const { return double(a) * double(a); }
};
inline constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
/// Body: the numbers of a GradientReport, by one team.
struct Report {
  std::int64_t count;
  const double* sums;
  double clip;
  const float* loss;
  float* report;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    double sum = 0;
    for (std::int64_t i = team.rank(); i < count; i += team.size()) sum += sums[i];
    const double norm = std::sqrt(team.sum(sum));
    if (team.rank() != 0) return;
    const double factor = clip > 0 && norm > clip ? clip / norm : 1;
    const bool finite = std::isfinite(*loss) && std::isfinite(norm);
    report[GradientReport::loss] = *loss;
    report[GradientReport::norm] = float(norm);
    report[GradientReport::factor] = finite ? float(factor) : not_a_number;
  }
};
}  // namespace bodies
/// The report on a step: its loss, the norm of its gradient, and the factor that keeps the norm at or below `clip` (0:
/// whatever it is); see GradientReport. All of it stays in the backend's memory.
template <class P, class M>
void measure_gradient(const Cuda<P, M>& on, std::int64_t n, double clip, const float* gradient, const float* loss,
                      float* report) {
  const Pieces pieces = pieces_to_sum(1, n);
  const auto sums = on.template allocate<double>(pieces.count());
  launch(on, bodies::SumPieces<bodies::SquareOf, float, float>{{}, pieces, gradient, nullptr, sums.get()},
         pieces.grid());
  launch(on, bodies::Report{pieces.count(), sums.get(), clip, loss, report}, TeamGrid{});
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
