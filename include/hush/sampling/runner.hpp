#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/sampling/program_batch.hpp>

namespace hush::detail {

/// Runs a program on batches of one size, on any backend. A backend with graphs records the steps of one form once and
/// repeats them itself, for all batches, and the host waits only where somebody looks on and at the end; any other
/// launches kernel by kernel. Both are the same kernels: the same bits.
template <class Proc, class Net>
class Runner {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Condition = typename Proc::template BatchCondition<B>;
  static constexpr bool has_graphs = HasGraphs<F>;
  static constexpr int unrolled = 24;  // a run of so few steps is one straight recording

  Runner(const Proc& process, const Net& net, const SampleOptions<B>& options, const Program<B>& program,
         const std::vector<Level>& levels, std::int64_t count, const Condition& condition)
      : program_(program),
        levels_(levels),
        records_(has_graphs && options.record && !program.from_host),
        batch_(process, net, options, program, count, condition) {}

  /// Whether it can run a batch of this size: with other conditions too where these list their tensors.
  bool fits(std::int64_t count) const { return batch_.shape()[0] == count && (!has_graphs || ListsTensors<Condition>); }
  /// The images of a batch, whose start is x; they are written over by the next run. Throws NonFiniteSample.
  const Tensor<F>& run(const Tensor<F>& x, const Condition& condition, const SamplingBatch<B>& of,
                       StepObservers<B>& observers) {
    batch_.begin(x, condition, of);
    observers_ = &observers;
    first_image_ = of.first_image();
    if (!notify(0, Tensor<F>())) return batch_.image(0);
    for (int step = 0; step < steps();) {
      step += advance(step);
      if (!has_graphs || observers.observe(step, steps())) check_finite();
      if (observers.observe(step, steps()) && !notify(step, batch_.observed_x0())) return image(step);
    }
    check_finite();
    return image(steps());
  }

 private:
  struct NoGraph {};
  static auto graph_of(const F& on) {
    if constexpr (has_graphs) {
      using Graph = decltype(graph_on(on));
      return std::unique_ptr<Graph>(new Graph(graph_on(on)));  // a graph is neither copied nor moved
    } else {
      return std::make_unique<NoGraph>();
    }
  }
  using GraphPointer = decltype(graph_of(std::declval<const F&>()));

  int steps() const { return program_.steps(); }
  /// Does the step, or as many from it on as one recording holds; returns how many.
  int advance(int step) {
    if constexpr (has_graphs)
      if (records_) {
        if (const int done = whole(step)) return done;
        if (const int done = loop(step)) return done;
      }
    batch_.launch(form(step), is_shown(step));
    return 1;
  }
  /// All steps but the first as one straight recording, where the run is short and nobody looks on: how many were done.
  /// The first is done directly, so that all that is made on first use is made.
  int whole(int step) {
    if (steps() > unrolled || !observers_->empty() || step != 1) return 0;
    auto& graph = graphs_[{}];
    if (!graph) {
      graph = graph_of(batch_.on());
      graph->add([&] {
        for (int s = 1; s < steps(); ++s) batch_.launch(form(s), false);
      });
    }
    graph->launch();
    return steps() - 1;
  }
  /// The longest loop of equal rounds (of up to 8 steps) that begins at `step`, as one recording that the machine
  /// repeats: how many steps were done. A form's first round is done directly.
  int loop(int step) {
    if (steps() <= unrolled) return 0;
    int end = step;
    while (end < steps() && !is_shown(end)) ++end;
    for (int period = 1; period <= 8; ++period) {
      const int rounds = program_.rounds(step, period, end);
      if (rounds < 2 || rounds * period < 4) continue;
      const std::vector<int> round(program_.form_of.begin() + step, program_.form_of.begin() + step + period);
      auto& graph = graphs_[round];
      if (!graph) {
        for (const int one : round) batch_.launch(one, false);
        auto made = graph_of(batch_.on());
        if (left_.empty()) left_ = Tensor<F, std::int32_t>(batch_.on(), {1});
        made->repeat(left_.data(), [&] {
          for (const int one : round) batch_.launch(one, false);
        });
        graph = std::move(made);
        return period;
      }
      fill(batch_.on(), 1, rounds, left_.data());
      graph->launch();
      return rounds * period;
    }
    return 0;
  }
  int form(int step) const { return program_.form_of[std::size_t(step)]; }

  /// Whether somebody will be shown the x0 of a step: right after it, or after steps that make none.
  bool is_shown(int step) const {
    if (observers_->observe(step + 1, steps())) return true;
    const auto calls = [](const Instruction& one) { return one.pass.input >= 0; };
    return step + 1 < steps() && std::ranges::none_of(program_.of(step + 1), calls) && is_shown(step + 1);
  }
  /// The images when so many steps are done.
  const Tensor<F>& image(int done) const {
    for (const Instruction& one : program_.of(std::max(done, 1) - 1))
      if (done > 0 && one.pass.ends_step) return batch_.image(one.pass.to);
    return batch_.image(0);
  }
  bool notify(int done, const Tensor<F>& x0) {
    return observers_->notify({done, steps(), first_image_, levels_[std::size_t(done)], image(done), x0});
  }
  void check_finite() {
    if (const int bad = batch_.first_bad(); bad >= 0) throw non_finite_sample(bad, steps(), levels_);
  }

  const Program<B>& program_;
  const std::vector<Level>& levels_;
  bool records_;
  ProgramBatch<Proc, Net> batch_;
  StepObservers<B>* observers_ = nullptr;
  std::int64_t first_image_ = 0;
  Tensor<F, std::int32_t> left_;
  std::map<std::vector<int>, GraphPointer> graphs_;  // by the forms of a round; empty: the whole run
};

}  // namespace hush::detail
