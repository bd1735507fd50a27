#pragma once
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <hush/kernels/by_norms.hpp>
#include <hush/kernels/threshold.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/process.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/estimate_rule.hpp>
#include <hush/sampling/heads.hpp>
#include <hush/sampling/observers.hpp>
#include <hush/sampling/options.hpp>
#include <hush/sampling/start.hpp>

namespace hush::detail {

/// Runs a sampler on the tensors of one batch as it reads, step by step: for samplers that are not linear, and to
/// compare plans with.
template <class Proc, class Net>
class EagerRun {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using T = typename F::scalar;
  using Condition = typename Proc::template BatchCondition<B>;

  EagerRun(const Proc& process, const Net& net, const SampleOptions<B>& options, const Trajectory& trajectory,
           const SamplingBatch<B>& batch, const Condition& condition)
      : process_(process),
        net_(net),
        options_(options),
        trajectory_(trajectory),
        batch_(batch),
        condition_(condition),
        bad_(batch.on(), {1}) {
    fill(batch.on(), 1, 0, bad_.data());
  }

  /// The images that the run makes of its start x.
  template <class S>
  Tensor<F> run(const S& sampler, Tensor<F> x, StepObservers<B>& observers) {
    MemoryOf<S, Tensor<F>> memory{};
    Trajectory trajectory = trajectory_;
    for (int& step = trajectory.step; step < trajectory.steps(); ++step) {
      if (!notify(step, x, observers)) return x;
      int ordinal = 0;
      const auto denoise = [&](const Tensor<F>& at, Level level) {
        constexpr bool learns = LearnsVariance<std::remove_cvref_t<decltype(process_.parameterization)>>;
        return estimates < wants_variance<S> && learns > (at, level, step);
      };
      const auto noise = [&] { return batch_.noise(step, ordinal++); };
      x = advance(sampler, denoise, x, trajectory, noise, memory);
      batch_.put_back(process_.conditioning, condition_, trajectory_.levels, step + 1, x);
    }
    notify(trajectory.steps(), x, observers);
    return x;
  }

 private:
  /// The network's estimates of the clean images and of the noise in x at a level; `with_variance`: and of the
  /// variance.
  template <bool with_variance>
  auto estimates(const Tensor<F>& x, Level level, int step) {
    const std::vector<Level> same(std::size_t(batch_.count()), level);
    Input<Tensor<B>> input = process_.input(net_.on(), x, same, condition_);
    input.variant = variant_of(net_, level);
    const Tensor<B> output = net_(input), f = estimate_head(process_.parameterization, output, x.shape());
    const EstimateRule rule = estimate_rule(process_.parameterization, level, options_.threshold ? 0 : options_.clip);
    const double numbers[]{0, 0, rule.a, rule.b, rule.c, rule.d, rule.clip};
    const Tensor<F> row = upload(batch_.on(), {std::ssize(numbers)}, std::span<const double>(numbers));
    Denoised<Tensor<F>> found{empty_like(x), empty_like(x)};
    sampler_pass(batch_.on(), batch_.count(), batch_.stride(),
                 SamplerPass<T, typename B::scalar>{.numbers = {row.data(), 0},
                                                    .x = x.data(),
                                                    .f = f.data(),
                                                    .x0 = found.x0.data(),
                                                    .eps = found.eps.data(),
                                                    .bad = bad_.data()});
    std::int32_t bad = 0;
    copy_out(batch_.on(), 1, std::as_const(bad_).data(), &bad);
    if (bad != 0) throw non_finite_sample(step, trajectory_.steps(), trajectory_.levels);
    if (options_.threshold) threshold(found.x0, options_.threshold->ratio, options_.threshold->largest);
    last_x0_ = found.x0;
    if constexpr (with_variance)
      return DenoisedWithVariance<Tensor<F>>{found.x0, found.eps, variance_fraction(batch_.on(), output, x.shape())};
    else
      return found;
  }
  bool notify(int step, const Tensor<F>& x, StepObservers<B>& observers) const {
    return observers.notify(
        {step, trajectory_.steps(), batch_.first_image(), trajectory_.levels[std::size_t(step)], x, last_x0_});
  }

  const Proc& process_;
  const Net& net_;
  const SampleOptions<B>& options_;
  const Trajectory& trajectory_;
  const SamplingBatch<B>& batch_;
  const Condition& condition_;
  Tensor<F, std::int32_t> bad_;  // 1 once the network has given something that is not finite
  Tensor<F> last_x0_;
};

}  // namespace hush::detail
