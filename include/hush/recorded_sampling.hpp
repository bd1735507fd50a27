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

#include <hush/plan_forms.hpp>
#include <hush/sampling.hpp>
#include <hush/tensor/step_rows.hpp>

namespace hush {

/// A backbone that says what it makes of the levels alone, for all steps of a run before the first: `timed(sees)` gives
/// tensors [n, width] for levels sees [n], which come back row by row as Input::timed.
template <class Net, class B>
concept TimedBackbone = requires(const Net& net, const Tensor<B, typename B::master>& sees) {
  { net.timed(sees) } -> std::same_as<std::vector<Tensor<B>>>;
};

/// Whether a plan's rows fit the recorded kernels: few terms, and draws of their own step only.
inline bool is_recordable(const Plan& plan) {
  return std::all_of(plan.rows.begin(), plan.rows.end(), [](const auto& row) {
    const auto* sum = std::get_if<CombineRow>(&row);
    return !sum || (sum->terms.size() <= StepSum::most_terms && sum->draws.size() <= StepSum::most_draws &&
                    std::all_of(sum->draws.begin(), sum->draws.end(),
                                [&](const PlanDraw& draw) { return draw.step == sum->step; }));
  });
}

/// Executes a plan on a backend that records. What differs from step to step lies in tables in the backend's memory, so
/// that steps of one form are one recording, repeated by the machine itself; the host waits only where somebody looks
/// on and at the end. Work that is done directly and recorded work are the same kernels: the same bits.
template <class Proc, class Net>
class RecordedSampling {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Given = typename Proc::template Given<B>;
  static constexpr int unrolled = 24;  // a run of so few steps is one straight recording

  RecordedSampling(const Proc& process, const Net& net, const Given& given, const SampleOptions<B>& options,
                   const Plan& plan, const std::vector<Level>& levels, std::int64_t count)
      : process_(process),
        net_(net),
        given_(given),
        options_(options),
        levels_(levels),
        count_(count),
        on_(net.on().in_full()),
        steps_(plan.steps),
        result_(plan.result),
        graph_(options.record),
        forms_(plan) {
    const ImageSize size = net.image();
    shape_ = {count, size.height, size.width, size.channels};
    for (int i = 0; i < plan.slots; ++i) registers_.emplace_back(on_, shape_);
    if (options.each_step) seen_ = Tensor<F>(on_, shape_);
    sees_ = Tensor<B, float>(net.on(), {count});
    state_ = Tensor<F, std::int32_t>(on_, {RunState::size});
    left_ = Tensor<F, std::int32_t>(on_, {1});
    bad_ = Tensor<F, std::int32_t>(on_, {steps_});
    for (std::size_t f = 0; f < forms_.forms.size(); ++f) {
      tables_.emplace_back();
      for (std::size_t r = 0; r < forms_.forms[f].size(); ++r) tables_[f].push_back(tables(forms_, int(f), r));
    }
  }

  std::int64_t count() const { return count_; }

  /// The images from number `first` on, whose start is in `start`.
  Tensor<F> run(Tensor<F> start, std::int64_t first) {
    check(start.shape() == shape_, "sample", "the run was recorded for ", shape_, ", cannot start from ",
          start.shape());
    copy(on_, start.size(), std::as_const(start).data(), registers_[0].data());
    fill(on_, 1, 0, state_.data() + RunState::step);
    const std::int32_t number = std::int32_t(first);
    copy_in(on_, 1, &number, state_.data() + RunState::first_image);
    fill(on_, steps_, 0, bad_.data());
    Tensor<F> nothing;
    if (!tell(0, first, registers_[0], nothing)) return copied(registers_[0]);
    for (int step = 0; step < steps_;) {
      if (const int done = whole(step)) {
        step += done;
      } else if (const int looped = loop(step)) {
        step += looped;
      } else {
        queue(forms_.form_of[std::size_t(step)], observed(step));
        ++step;
      }
      if (step > 0 && observed(step - 1)) {
        check_finite();
        if (!tell(step, first, registers_[std::size_t(arrived(step - 1))], seen_))
          return copied(registers_[std::size_t(arrived(step - 1))]);
      }
    }
    check_finite();
    return copied(registers_[std::size_t(result_)]);
  }

 private:
  using GraphOf = decltype(graph_on(std::declval<const F&>()));

  /// The numbers of one row of one form, for all steps (rows of steps of other forms are unused).
  struct Tables {
    std::int32_t width = 0;
    std::vector<float> host;
    Tensor<F> numbers;                        // coefficients of a sum, or a rule of estimates
    Tensor<F> in, sees;                       // of a denoising row
    std::vector<Tensor<B>> timed, timed_now;  // [steps, width], and the step's [count, width]
    bool scales = false;                      // some `in` is not 1
  };

  Tables tables(const PlanForms& plan, int form, std::size_t place) const {
    const FormRow& row = plan.forms[std::size_t(form)][place];
    Tables t;
    t.width = row.denoise ? 5 : std::int32_t(row.terms.size() + row.draws.size());
    std::vector<float> numbers(std::size_t(plan.steps() * std::max(1, t.width)), 0.f);
    std::vector<float> in(std::size_t(plan.steps()), 1.f), sees(in);
    for (int step = 0; step < plan.steps(); ++step) {
      if (plan.form_of[std::size_t(step)] != form) continue;
      float* to = &numbers[std::size_t(step * t.width)];
      if (const auto* look = std::get_if<DenoiseRow>(plan.rows[std::size_t(step)][place])) {
        const Scalings s = process_.parameterization(look->level);
        const EstimateRule rule =
            estimate_rule(process_.parameterization, look->level, options_.threshold ? 0 : options_.clip);
        for (const double v : {rule.a, rule.b, rule.c, rule.d, rule.clip}) *to++ = float(v);
        in[std::size_t(step)] = float(s.in), sees[std::size_t(step)] = float(s.sees);
        t.scales |= s.in != 1;
      } else {
        const auto& sum = std::get<CombineRow>(*plan.rows[std::size_t(step)][place]);
        for (const PlanTerm& term : sum.terms) *to++ = float(term.coefficient);
        for (const PlanDraw& draw : sum.draws) *to++ = float(draw.coefficient);
      }
    }
    t.numbers = upload(on_, {std::int64_t(numbers.size())}, std::span<const float>(numbers));
    if (!row.denoise) return t;
    t.in = upload(on_, {plan.steps()}, std::span<const float>(in));
    t.sees = upload(on_, {plan.steps()}, std::span<const float>(sees));
    if constexpr (TimedBackbone<Net, B>) {
      t.timed = net_.timed(t.sees.handled_by(net_.on()));
      for (const Tensor<B>& of : t.timed) t.timed_now.emplace_back(net_.on(), Shape{count_, of.shape().back()});
    }
    return t;
  }

  /// Queues the kernels of one step.
  void queue(int form, bool look_on) {
    for (std::size_t place = 0; place < forms_.forms[std::size_t(form)].size(); ++place) {
      const FormRow& row = forms_.forms[std::size_t(form)][place];
      Tables& t = tables_[std::size_t(form)][place];
      if (row.denoise)
        queue_denoise(row, t, look_on);
      else
        queue_sum(row, t);
    }
    next_step(on_, state_.data());
  }
  void queue_denoise(const FormRow& row, Tables& t, bool look_on) {
    const std::int32_t* state = std::as_const(state_).data();
    const Tensor<F>& x = registers_[std::size_t(row.from)];
    tell_step(on_, count_, state, table(t.sees, 1), sees_.data());
    Tensor<B> image;
    if (t.scales || !std::is_same_v<typename B::scalar, float>) {
      image = Tensor<B>(net_.on(), shape_);
      show_step(net_.on(), x.size(), state, table(t.in, 1), x.data(), image.data());
    } else {
      image = cast(net_.on(), x);
    }
    Input<Tensor<B>> input{image, sees_};
    if (!t.timed.empty()) {
      StepRows rows;
      for (std::size_t i = 0; i < t.timed.size(); ++i) {
        rows.width[i] = t.timed[i].shape().back();
        rows.from[i] = std::as_const(t.timed[i]).data(), rows.to[i] = t.timed_now[i].data();
      }
      rows.count = int(t.timed.size());
      fetch_step(net_.on(), count_, state, rows);
      input.timed = t.timed_now;
    }
    process_.conditioning.attach(given_, input);
    const Tensor<B> f = net_(input);
    check(f.shape() == shape_, "sample", "the network gave ", f.shape(), ", wanted ", shape_);
    Tensor<F>* x0 = row.x0 >= 0 ? &registers_[std::size_t(row.x0)] : look_on ? &seen_ : nullptr;
    float* eps = row.eps >= 0 ? registers_[std::size_t(row.eps)].data() : nullptr;
    estimate_step(on_, f.size(), state, table(t.numbers, t.width), x.data(), f.data(), x0 ? x0->data() : nullptr, eps,
                  bad_.data());
    if (look_on && x0 != &seen_) copy(on_, x0->size(), std::as_const(*x0).data(), seen_.data());
  }
  void queue_sum(const FormRow& row, Tables& t) {
    StepSum sum;
    sum.terms = int(row.terms.size()), sum.draws = int(row.draws.size());
    for (std::size_t i = 0; i < row.terms.size(); ++i)
      sum.term[i] = std::as_const(registers_[std::size_t(row.terms[i])]).data();
    for (std::size_t i = 0; i < row.draws.size(); ++i) sum.purpose[i] = draw_purpose(row.draws[i]);
    Tensor<F>& to = registers_[std::size_t(row.to)];
    combine_step(on_, count_, shape_.size() / std::max<std::int64_t>(1, count_), std::as_const(state_).data(),
                 table(t.numbers, t.width), sum, options_.seed, to.data());
    if constexpr (KnowsPixels<decltype(process_.conditioning), B>)
      if (row.ends_step) process_.conditioning.keep_known(given_, to);
  }
  static StepTable table(const Tensor<F>& numbers, std::int32_t width) { return {numbers.data(), 0, width}; }

  /// All steps but the first as one straight recording, where the run is short and nobody looks on: how many were done.
  /// The first is done directly, so that all that is made on first use is made.
  int whole(int step) {
    if (!graph_ || steps_ > unrolled || options_.each_step || step != 1) return 0;
    auto& graph = graphs_[{}];
    if (!graph) {
      graph = std::unique_ptr<GraphOf>(new GraphOf(graph_on(on_)));
      for (int s = 1; s < steps_; ++s) graph->add([&] { queue(forms_.form_of[std::size_t(s)], false); });
    }
    graph->launch();
    return steps_ - 1;
  }
  /// The longest loop of equal rounds (of up to 8 steps) that begins at `step`, as one recording that the machine
  /// repeats: how many steps were done. A form's first round is done directly.
  int loop(int step) {
    if (!graph_ || steps_ <= unrolled) return 0;
    int end = step;
    while (end < steps_ && !observed(end)) ++end;
    for (int period = 1; period <= 8; ++period) {
      const int rounds = forms_.rounds(step, period, end);
      if (rounds < 2 || rounds * period < 4) continue;
      const std::vector<int> round(forms_.form_of.begin() + step, forms_.form_of.begin() + step + period);
      auto& graph = graphs_[round];
      if (!graph) {
        for (const int form : round) queue(form, false);
        auto made = std::unique_ptr<GraphOf>(new GraphOf(graph_on(on_)));
        made->repeat(left_.data(), [&] {
          for (const int form : round) queue(form, false);
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
    const std::vector<std::int32_t> bad = download<std::int32_t>(bad_);
    const auto first = std::find_if(bad.begin(), bad.end(), [](std::int32_t b) { return b != 0; });
    if (first != bad.end()) throw non_finite_sample(int(first - bad.begin()), steps_, levels_);
  }
  Tensor<F> copied(const Tensor<F>& x) const {
    Tensor<F> y = empty_like(x);
    copy(on_, x.size(), x.data(), y.data());
    return y;
  }

  const Proc& process_;
  const Net& net_;
  Given given_;
  const SampleOptions<B>& options_;
  const std::vector<Level>& levels_;
  std::int64_t count_;
  F on_;
  int steps_, result_;
  bool graph_;
  Shape shape_;
  PlanForms forms_;
  std::vector<std::vector<Tables>> tables_;  // of each form's rows
  std::vector<Tensor<F>> registers_;
  Tensor<F> seen_;
  Tensor<B, float> sees_;
  Tensor<F, std::int32_t> state_, left_, bad_;
  std::map<std::vector<int>, std::unique_ptr<GraphOf>> graphs_;  // by the forms of a round; empty: the whole run
};

}  // namespace hush
