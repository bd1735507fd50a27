#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <hush/kernels/step_rows.hpp>
#include <hush/sampling/plan_forms.hpp>
#include <hush/sampling/sampling.hpp>

namespace hush {

/// The steps of a plan as kernels that can be recorded: what differs from step to step lies in tables in the backend's
/// memory, so that the steps of one form are the same kernels with the same arguments.
template <class Proc, class Net>
class QueuedSteps {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using BatchCondition = typename Proc::template BatchCondition<B>;

  QueuedSteps(const Proc& process, const Net& net, const BatchCondition& condition, const SampleOptions<B>& options,
              const Plan& plan, std::int64_t count)
      : process_(process),
        net_(net),
        condition_(condition),
        options_(options),
        count_(count),
        on_(net.on().in_full()),
        forms_(plan) {
    const ImageSize size = net.image();
    shape_ = {count, size.height, size.width, size.channels};
    for (int i = 0; i < plan.slots; ++i) registers_.emplace_back(on_, shape_);
    if (options.each_step) seen_ = Tensor<F>(on_, shape_);
    sees_ = Tensor<B, float>(net.on(), {count});
    state_ = Tensor<F, std::int32_t>(on_, {RunState::size});
    bad_ = Tensor<F, std::int32_t>(on_, {plan.steps});
    for (std::size_t f = 0; f < forms_.forms.size(); ++f) {
      tables_.emplace_back();
      for (std::size_t r = 0; r < forms_.forms[f].size(); ++r) tables_[f].push_back(tables(forms_, int(f), r));
    }
  }

  const PlanForms& forms() const { return forms_; }
  const Shape& shape() const { return shape_; }
  /// A register, and the last estimate of x0 where the options ask to see it.
  const Tensor<F>& image(int slot) const { return registers_[std::size_t(slot)]; }
  const Tensor<F>& seen() const { return seen_; }

  /// Puts a start in its place; the next step queued is the first, of images from number `first` on.
  void begin(const Tensor<F>& start, std::int64_t first) {
    check(start.shape() == shape_, "sample", "the run was recorded for ", shape_, ", cannot start from ",
          start.shape());
    copy(on_, start.size(), start.data(), registers_[0].data());
    fill(on_, 1, 0, state_.data() + RunState::step);
    const std::int32_t number = std::int32_t(first);
    copy_in(on_, 1, &number, state_.data() + RunState::first_image);
    fill(on_, forms_.steps(), 0, bad_.data());
  }
  /// Queues the kernels of one step.
  void queue(int form, bool look_on) {
    const StepForm& rows = forms_.forms[std::size_t(form)];
    std::vector<Tables>& numbers = tables_[std::size_t(form)];
    for (std::size_t place = 0; place < rows.size(); ++place) {
      if (!rows[place].denoise) {
        queue_sum(rows[place], numbers[place]);
        continue;
      }
      const bool fused = place + 1 < rows.size() && rows[place + 1].looked_at >= 0;
      queue_look(rows[place], numbers[place], fused ? &rows[place + 1] : nullptr, fused ? &numbers[place + 1] : nullptr,
                 look_on);
      if (fused) ++place;
    }
    next_step(on_, state_.data());
  }
  /// The first step at which the network said something that is not finite, or -1. The host waits.
  int first_bad() const {
    const std::vector<std::int32_t> bad = download<std::int32_t>(bad_);
    const auto first = std::find_if(bad.begin(), bad.end(), [](std::int32_t b) { return b != 0; });
    return first == bad.end() ? -1 : int(first - bad.begin());
  }

 private:
  /// The numbers of one row of one form, for all steps (rows of steps of other forms are unused).
  struct Tables {
    std::int32_t width = 0;
    Tensor<F> numbers;                        // coefficients of a sum, or a rule of estimates
    Tensor<F> in, noise_labels;               // of a denoising row
    std::vector<Tensor<B>> timed, timed_now;  // [steps, width], and the step's [count, width]
    bool scales = false;                      // some `in` is not 1
  };

  Tables tables(const PlanForms& plan, int form, std::size_t place) const {
    const FormRow& row = plan.forms[std::size_t(form)][place];
    Tables t;
    t.width = row.denoise ? 5 : std::int32_t(row.terms.size() + row.draws.size());
    std::vector<float> numbers(std::size_t(plan.steps() * std::max(1, t.width)), 0.f);
    std::vector<float> in(std::size_t(plan.steps()), 1.f), noise_labels(in);
    for (int step = 0; step < plan.steps(); ++step) {
      if (plan.form_of[std::size_t(step)] != form) continue;
      float* to = &numbers[std::size_t(step * t.width)];
      if (const auto* look = std::get_if<DenoiseRow>(plan.rows[std::size_t(step)][place])) {
        const Scalings s = process_.parameterization(look->level);
        const EstimateRule rule =
            estimate_rule(process_.parameterization, look->level, options_.threshold ? 0 : options_.clip);
        for (const double v : {rule.a, rule.b, rule.c, rule.d, rule.clip}) *to++ = float(v);
        in[std::size_t(step)] = float(s.in), noise_labels[std::size_t(step)] = float(s.c_noise);
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
    t.noise_labels = upload(on_, {plan.steps()}, std::span<const float>(noise_labels));
    if constexpr (TimedBackbone<Net, B>) {
      t.timed = net_.timed(t.noise_labels.handled_by(net_.on()));
      for (const Tensor<B>& of : t.timed) t.timed_now.emplace_back(net_.on(), Shape{count_, of.shape().back()});
    }
    return t;
  }

  /// What the network says of the image that a row looks at.
  Tensor<B> said(const FormRow& row, Tables& t) {
    const std::int32_t* state = std::as_const(state_).data();
    const Tensor<F>& x = registers_[std::size_t(row.from)];
    tell_step(on_, count_, state, table(t.noise_labels, 1), sees_.data());
    Tensor<B> image;
    if (t.scales || !std::is_same_v<typename B::scalar, float>) {
      image = Tensor<B>(net_.on(), shape_);
      show_step(net_.on(), x.size(), state, table(t.in, 1), x.data(), image.data());
    } else {
      image = cast(net_.on(), x);
    }
    Input<Tensor<B>> input{image, sees_};
    if (!t.timed.empty()) {
      check(t.timed.size() <= std::size_t(StepRows::most), "sample", "a network may say ", StepRows::most,
            " things of the levels, not ", t.timed.size());
      StepRows rows;
      for (std::size_t i = 0; i < t.timed.size(); ++i) {
        rows.width[i] = t.timed[i].shape().back();
        rows.from[i] = std::as_const(t.timed[i]).data(), rows.to[i] = t.timed_now[i].data();
      }
      rows.count = int(t.timed.size());
      fetch_step(net_.on(), count_, state, rows);
      input.timed = t.timed_now;
    }
    process_.conditioning.add_to(condition_, input);
    const Tensor<B> f = net_(input);
    check(f.shape() == shape_, "sample", "the network gave ", f.shape(), ", wanted ", shape_);
    return f;
  }
  /// A look, and the sum that follows it if that is of its fresh estimates: in one pass, unless they are to be changed
  /// first.
  void queue_look(const FormRow& row, Tables& t, const FormRow* sum, Tables* of_sum, bool look_on) {
    const std::int32_t* state = std::as_const(state_).data();
    const Tensor<F> x = registers_[std::size_t(row.from)];
    const auto at = [&](int slot) { return slot < 0 ? nullptr : &registers_[std::size_t(slot)]; };
    Tensor<F>*x0 = at(row.x0), *eps = at(row.eps);
    if (!x0 && look_on) x0 = &seen_;
    const auto changed = options_.threshold;
    Tensor<F> clean, noise;
    if (sum && changed) {
      clean = x0 ? *x0 : Tensor<F>(on_, shape_), noise = eps ? *eps : Tensor<F>(on_, shape_);
      x0 = &clean, eps = &noise;
    }
    const Tensor<B> f = said(row, t);
    float *to_x0 = x0 ? x0->data() : nullptr, *to_eps = eps ? eps->data() : nullptr;
    if (sum && !changed) {
      combine_step(on_, count_, stride(), state, table(of_sum->numbers, of_sum->width), step_sum(*sum, {}, {}),
                   table(t.numbers, t.width), x.data(), f.data(), to_x0, to_eps, bad_.data(), options_.seed,
                   registers_[std::size_t(sum->to)].data());
    } else {
      estimate_step(on_, f.size(), state, table(t.numbers, t.width), x.data(), f.data(), to_x0, to_eps, bad_.data());
      if (x0 && changed) threshold(*x0, changed->ratio, changed->largest);
      if (sum) queue_sum(*sum, *of_sum, clean, noise);
    }
    if (sum && !changed) put_back(*sum);
    if (look_on && x0->data() != seen_.data()) copy(on_, x0->size(), std::as_const(*x0).data(), seen_.data());
  }
  void queue_sum(const FormRow& row, Tables& t, const Tensor<F>& clean = {}, const Tensor<F>& noise = {}) {
    combine_step(on_, count_, stride(), std::as_const(state_).data(), table(t.numbers, t.width),
                 step_sum(row, clean, noise), options_.seed, registers_[std::size_t(row.to)].data());
    put_back(row);
  }
  /// A row's terms and draws; fresh estimates are those given, or without a pointer.
  StepSum step_sum(const FormRow& row, const Tensor<F>& clean, const Tensor<F>& noise) const {
    StepSum sum;
    sum.terms = int(row.terms.size()), sum.draws = int(row.draws.size());
    for (std::size_t i = 0; i < row.terms.size(); ++i) {
      const int slot = row.terms[i];
      if (slot == PlanTerm::fresh_eps) sum.fresh_eps = int(i);
      const Tensor<F>& of = slot == PlanTerm::fresh_x0    ? clean
                            : slot == PlanTerm::fresh_eps ? noise
                                                          : registers_[std::size_t(slot)];
      sum.term[i] = of.data();
    }
    for (std::size_t i = 0; i < row.draws.size(); ++i) sum.purpose[i] = draw_purpose(row.draws[i]);
    return sum;
  }
  void put_back(const FormRow& row) {
    if constexpr (KnowsPixels<decltype(process_.conditioning), B>)
      if (row.ends_step) hush::put_back(process_.conditioning.known(condition_), registers_[std::size_t(row.to)]);
  }
  std::int64_t stride() const { return shape_.size() / std::max<std::int64_t>(1, count_); }
  static StepTable table(const Tensor<F>& numbers, std::int32_t width) { return {numbers.data(), 0, width}; }

  const Proc& process_;
  const Net& net_;
  BatchCondition condition_;
  const SampleOptions<B>& options_;
  std::int64_t count_;
  F on_;
  Shape shape_;
  PlanForms forms_;
  std::vector<std::vector<Tables>> tables_;  // of each form's rows
  std::vector<Tensor<F>> registers_;
  Tensor<F> seen_;
  Tensor<B, float> sees_;
  Tensor<F, std::int32_t> state_, bad_;
};

}  // namespace hush
