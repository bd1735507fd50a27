#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <hush/sampling/queued_steps.hpp>

namespace hush {

/// Whether a plan's rows fit the recorded kernels: few terms, and draws of their own step only.
inline bool is_recordable(const Plan& plan) {
  return std::all_of(plan.rows.begin(), plan.rows.end(), [](const auto& row) {
    const auto* sum = std::get_if<CombineRow>(&row);
    return !sum || (sum->terms.size() <= StepSum::most_terms && sum->draws.size() <= StepSum::most_draws &&
                    std::all_of(sum->draws.begin(), sum->draws.end(),
                                [&](const PlanDraw& draw) { return draw.step == sum->step; }));
  });
}

/// Executes a plan on a backend that records. Steps of one form are one recording, repeated by the machine itself; the
/// host waits only where somebody looks on and at the end. Work that is done directly and recorded work are the same
/// kernels: the same bits.
template <class Proc, class Net>
class RecordedSampling {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using BatchCondition = typename Proc::template BatchCondition<B>;
  static constexpr int unrolled = 24;  // a run of so few steps is one straight recording

  RecordedSampling(const Proc& process, const Net& net, const BatchCondition& condition,
                   const SampleOptions<B>& options, const Plan& plan, const std::vector<Level>& levels,
                   std::int64_t count)
      : options_(options),
        levels_(levels),
        count_(count),
        on_(net.on().in_full()),
        steps_(plan.steps),
        result_(plan.result),
        kernels_(process, net, condition, options, plan, count),
        forms_(kernels_.forms()),
        left_(on_, {1}) {}

  std::int64_t count() const { return count_; }

  /// The images from number `first` on, whose start is in `start`.
  Tensor<F> run(const Tensor<F>& start, std::int64_t first) {
    kernels_.begin(start, first);
    Tensor<F> nothing;
    if (!tell(0, first, kernels_.image(0), nothing)) return copied(kernels_.image(0));
    for (int step = 0; step < steps_;) {
      if (const int done = whole(step)) {
        step += done;
      } else if (const int looped = loop(step)) {
        step += looped;
      } else {
        kernels_.queue(forms_.form_of[std::size_t(step)], shown(step));
        ++step;
      }
      if (step > 0 && observed(step - 1)) {
        check_finite();
        const Tensor<F>& x = kernels_.image(arrived(step - 1));
        if (!tell(step, first, x, kernels_.seen())) return copied(x);
      }
    }
    check_finite();
    return copied(kernels_.image(result_));
  }

 private:
  using GraphOf = decltype(graph_on(std::declval<const F&>()));

  /// All steps but the first as one straight recording, where the run is short and nobody looks on: how many were done.
  /// The first is done directly, so that all that is made on first use is made.
  int whole(int step) {
    if (!options_.record || steps_ > unrolled || options_.each_step || step != 1) return 0;
    auto& graph = graphs_[{}];
    if (!graph) {
      graph = std::unique_ptr<GraphOf>(new GraphOf(graph_on(on_)));
      for (int s = 1; s < steps_; ++s) graph->add([&] { kernels_.queue(forms_.form_of[std::size_t(s)], false); });
    }
    graph->launch();
    return steps_ - 1;
  }
  /// The longest loop of equal rounds (of up to 8 steps) that begins at `step`, as one recording that the machine
  /// repeats: how many steps were done. A form's first round is done directly.
  int loop(int step) {
    if (!options_.record || steps_ <= unrolled) return 0;
    int end = step;
    while (end < steps_ && !shown(end)) ++end;
    for (int period = 1; period <= 8; ++period) {
      const int rounds = forms_.rounds(step, period, end);
      if (rounds < 2 || rounds * period < 4) continue;
      const std::vector<int> round(forms_.form_of.begin() + step, forms_.form_of.begin() + step + period);
      auto& graph = graphs_[round];
      if (!graph) {
        for (const int form : round) kernels_.queue(form, false);
        auto made = std::unique_ptr<GraphOf>(new GraphOf(graph_on(on_)));
        made->repeat(left_.data(), [&] {
          for (const int form : round) kernels_.queue(form, false);
        });
        graph = std::move(made);
        return period;
      }
      fill(on_, 1, rounds, left_.data());
      graph->launch();
      return rounds * period;
    }
    return 0;
  }

  bool observed(int step) const {
    return options_.each_step && ((step + 1) % options_.every == 0 || step + 1 == steps_);
  }
  /// Whether somebody will see the x0 of a step: right after it, or after steps that make none.
  bool shown(int step) const {
    if (observed(step)) return true;
    const bool ends = step + 1 == steps_;
    return !ends && std::ranges::none_of(forms_.of(step + 1), &FormRow::denoise) && shown(step + 1);
  }
  /// The register that holds the image after a step.
  int arrived(int step) const {
    for (const FormRow& row : forms_.of(step))
      if (row.ends_step) return row.to;
    return result_;
  }
  bool tell(int step, std::int64_t first, const Tensor<F>& x, const Tensor<F>& x0) const {
    return !options_.each_step || options_.each_step({step, steps_, first, levels_[std::size_t(step)], x, x0});
  }
  void check_finite() const {
    const int bad = kernels_.first_bad();
    if (bad >= 0) throw non_finite_sample(bad, steps_, levels_);
  }
  Tensor<F> copied(const Tensor<F>& x) const {
    Tensor<F> y = empty_like(x);
    copy(on_, x.size(), x.data(), y.data());
    return y;
  }

  const SampleOptions<B>& options_;
  const std::vector<Level>& levels_;
  std::int64_t count_;
  F on_;
  int steps_, result_;
  QueuedSteps<Proc, Net> kernels_;
  const PlanForms& forms_;
  Tensor<F, std::int32_t> left_;
  std::map<std::vector<int>, std::unique_ptr<GraphOf>> graphs_;  // by the forms of a round; empty: the whole run
};

}  // namespace hush
