#pragma once
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/check.hpp>
#include <hush/kernels/hybrid_loss.hpp>
#include <hush/parameterization.hpp>
#include <hush/schedule.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>
#include <hush/training/noised_batch.hpp>
#include <hush/weighting.hpp>

namespace hush::detail {

/// Throws std::invalid_argument unless the variational bound is a sum over the steps of a schedule.
inline void check_has_bound(const AnySchedule& schedule) {
  check(schedule.steps() > 0, "train",
        "a learned variance is that of the steps of a discrete schedule, this one is continuous; train without it, or "
        "take a schedule of betas");
}

/// The numbers of the hybrid loss at a level: weight and bound (lambda T in bits), and what the term of the variational
/// bound between this level and that of a step earlier consists of. The term of the first noisy level is the decoder's,
/// whose lowest variance is that of the step before it, as guided-diffusion has it.
template <LearnsVariance P>
std::vector<double> hybrid_numbers(const P& parameterization, const AnySchedule& schedule, Level from, double weight) {
  const Level to = schedule(std::fmax(from.time - 1, schedule.clean()));
  const double kept = std::pow(to.noise / from.noise, 2);  // of x0's error in the posterior's mean
  const double mean = to.signal - from.signal * from.signal / to.signal * kept;
  VarianceRange range = parameterization.variance(from, to);
  const bool decodes = to.noise == 0;
  if (decodes) {
    const double next = std::fmin(from.time + 1, schedule.clean() + schedule.steps());
    range.log_low = next > from.time ? parameterization.variance(schedule(next), from).log_low : range.log_high;
  }
  return {weight,
          parameterization.lambda * schedule.steps() / std::log(2.),
          mean * parameterization(from).out,
          range.log_low,
          range.log_high - range.log_low,
          decodes ? 1. : 0.};
}

/// The same for the levels of a batch, [n, HybridNumbers::size]; an empty weighting: all weights are 1.
template <class Proc, Backend F>
Tensor<F> hybrid_numbers(const Proc& process, const AnyWeighting& weighting, const F& on,
                         std::span<const Level> levels) {
  const auto& says = process.parameterization;
  const AnySchedule schedule(process.schedule);
  std::vector<double> all;
  for (const Level at : levels)
    for (const double number :
         hybrid_numbers(says, schedule, at, weighting ? weight_of(weighting, at, scalings_of(says, at)) : 1))
      all.push_back(number);
  return upload(on, {std::int64_t(levels.size()), HybridNumbers::size}, std::span<const double>(all));
}

}  // namespace hush::detail
