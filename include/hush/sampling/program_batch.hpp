#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/kernels/capabilities.hpp>
#include <hush/kernels/threshold.hpp>
#include <hush/process.hpp>
#include <hush/sampling/condition_slot.hpp>
#include <hush/sampling/heads.hpp>
#include <hush/sampling/observers.hpp>
#include <hush/sampling/program.hpp>
#include <hush/sampling/start.hpp>

namespace hush::detail {

/// The memory of a program for batches of one size, and the kernels of one step. All that differs from step to step and
/// from batch to batch lies in that memory: the step's number, the start, the condition. So what `launch` queues can be
/// recorded once for all steps of a form and all batches.
template <class Proc, class Net>
class ProgramBatch {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using T = typename F::scalar;
  using Condition = typename Proc::template BatchCondition<B>;
  static constexpr bool knows_pixels = KnowsPixels<decltype(Proc::conditioning), B>;

  ProgramBatch(const Proc& process, const Net& net, const SampleOptions<B>& options, const Program<B>& program,
               std::int64_t count, const Condition& condition)
      : process_(process),
        net_(net),
        options_(options),
        program_(program),
        on_(net.on().in_full()),
        shape_{count, net.image().height, net.image().width, net.image().channels},
        condition_(condition),
        state_(on_, {RunPlace::size}),
        bad_(on_, {program.steps()}),
        c_noise_(net.on(), {count}) {
    for (int i = 0; i < program.registers; ++i)
      registers_.push_back(i == program.picture ? Tensor<F>() : Tensor<F>(on_, shape_));
    for (const auto& of_call : program.timed) {
      timed_.emplace_back();
      for (const Tensor<B>& all : of_call) timed_.back().emplace_back(net.on(), Shape{count, all.shape().back()});
    }
    if constexpr (HasGraphs<F> && ListsTensors<Condition>) condition_ = own_copy(condition_);
    if constexpr (knows_pixels) known_ = own(known(condition_));
  }

  const F& on() const { return on_; }
  const Shape& shape() const { return shape_; }
  const Tensor<F>& image(int a_register) const { return registers_[std::size_t(a_register)]; }
  /// The last estimate of x0 that was made for an observer.
  const Tensor<F>& observed_x0() const { return observed_x0_; }

  /// Puts a batch's start and its condition in their places; the next step launched is the first.
  void begin(const Tensor<F>& start, const Condition& condition, const SamplingBatch<B>& batch) {
    check(start.shape() == shape_, "sample", "the run is for ", shape_, ", cannot start from ", start.shape());
    batch_ = &batch;
    copy(on_, start.size(), start.data(), registers_[0].data());
    fill(on_, 1, 0, state_.data());
    const std::int32_t first = std::int32_t(batch.first_image());
    copy_in(on_, 1, &first, state_.data() + 1);
    fill(on_, program_.steps(), 0, bad_.data());
    set(condition);
  }
  /// Queues the kernels of a step. `observed`: somebody will see its x0.
  void launch(int form, bool observed) {
    for (const Instruction& one : program_.forms[std::size_t(form)]) {
      if (one.pass.input >= 0)
        call(one, observed);
      else if (one.pass.picture >= 0)
        put_back(one);
      else if (one.pass.from_host)
        at(one.pass.to) = batch_->from_host();
      else
        sampler_pass(on_, shape_[0], stride(), pass_of<T>(one));
    }
    next_step(on_, state_.data());
  }
  /// The first step at which the network gave something that is not finite, or -1. The host waits.
  int first_bad() {
    host_bad_.resize(std::size_t(program_.steps()));
    copy_out(on_, program_.steps(), std::as_const(bad_).data(), host_bad_.data());
    const auto first = std::ranges::find_if(host_bad_, [](std::int32_t b) { return b != 0; });
    return first == host_bad_.end() ? -1 : int(first - host_bad_.begin());
  }

 private:
  Tensor<F>& at(int a_register) { return registers_[std::size_t(a_register)]; }
  std::int64_t stride() const { return shape_.size() / std::max<std::int64_t>(1, shape_[0]); }
  RunPlace place() const { return {state_.data()}; }

  KnownPixels<F> known(const Condition& condition) const { return process_.conditioning.known(condition); }
  /// The memory of a condition's tensors, or a copy where a recording goes on reading it.
  template <class C>
  static C own(C condition) {
    if constexpr (HasGraphs<F>) return own_copy(std::move(condition));
    return condition;
  }
  template <class C>
  static void set(C& slot, const C& condition) {
    if constexpr (!HasGraphs<F>)
      slot = condition;
    else if constexpr (ListsTensors<C>)
      refill(slot, condition);
  }
  void set(const Condition& condition) {
    set(condition_, condition);
    if constexpr (knows_pixels) {
      set(known_, known(condition));
      at(program_.picture) = known_.picture;
    }
  }

  void put_back([[maybe_unused]] const Instruction& one) {
    if constexpr (knows_pixels) hush::put_back(KnownPixels<F>{image(one.pass.picture), known_.hole}, at(one.pass.to));
  }

  /// The network's output for the register that a call reads, at the step's level and with the batch's condition.
  Tensor<B> prediction(const Instruction& one) {
    const auto numbers = program_.numbers(one);
    const Tensor<F>& x = image(one.pass.input);
    fill_c_noise(on_, shape_[0], place(), numbers, c_noise_.data());
    Input<Tensor<B>> input{cast_or_scaled(x, one), c_noise_};
    if (!program_.timed.empty()) {
      fetch_timed(one.call);
      input.timed = timed_[std::size_t(one.call)];
    }
    input.variant = one.pass.variant;
    process_.conditioning.add_to(condition_, input);
    return estimate_head(process_.parameterization, net_(input), shape_);
  }
  Tensor<B> cast_or_scaled(const Tensor<F>& x, const Instruction& one) const {
    if constexpr (std::is_same_v<typename B::scalar, T>)
      if (!one.scales) return cast(net_.on(), x);
    Tensor<B> y(net_.on(), shape_);
    scale_input(net_.on(), x.size(), place(), program_.numbers(one), x.data(), y.data());
    return y;
  }
  void fetch_timed(int call) {
    const std::vector<Tensor<B>>& all = program_.timed[std::size_t(call)];
    StepRows rows{.count = int(all.size())};
    for (std::size_t i = 0; i < all.size(); ++i) {
      rows.width[i] = all[i].shape().back();
      rows.from[i] = all[i].data();
      rows.to[i] = timed_[std::size_t(call)][i].data();
    }
    fetch_step(net_.on(), shape_[0], place(), rows);
  }
  /// A network call, its estimates, and the sum that follows, if there is one, in the same pass.
  void call(const Instruction& one, bool observed) {
    const Tensor<B> f = prediction(one);
    auto pass = pass_of<typename B::scalar>(one);
    Tensor<F>* x0 = one.pass.x0 >= 0 ? &at(one.pass.x0) : nullptr;
    if (observed && observed_x0_.empty()) observed_x0_ = Tensor<F>(on_, shape_);
    if (observed && !x0) x0 = &observed_x0_;
    pass.x = image(one.pass.input).data();
    pass.f = f.data();
    pass.x0 = x0 ? x0->data() : nullptr;
    pass.eps = one.pass.eps >= 0 ? at(one.pass.eps).data() : nullptr;
    pass.bad = bad_.data();
    sampler_pass(on_, shape_[0], stride(), pass);
    if (x0 && options_.threshold) threshold(*x0, options_.threshold->ratio, options_.threshold->largest);
    if (observed && x0 != &observed_x0_) copy(on_, x0->size(), std::as_const(*x0).data(), observed_x0_.data());
  }
  /// The sum of an instruction, and where it finds its numbers.
  template <class Output>
  SamplerPass<T, Output> pass_of(const Instruction& one) {
    SamplerPass<T, Output> pass{.at = place(), .numbers = program_.numbers(one), .seed = options_.seed};
    if (one.pass.to < 0) return pass;
    pass.y = at(one.pass.to).data();
    pass.adds_eps = one.pass.adds_eps;
    for (const int term : one.pass.terms) pass.term[pass.terms++] = image(term).data();
    for (const int ordinal : one.pass.draws) pass.purpose[pass.draws++] = draw_purpose(ordinal);
    pass.draws_later = std::uint32_t(one.pass.draws_later);
    return pass;
  }

  const Proc& process_;
  const Net& net_;
  const SampleOptions<B>& options_;
  const Program<B>& program_;
  const SamplingBatch<B>* batch_ = nullptr;
  F on_;
  Shape shape_;
  Condition condition_;
  KnownPixels<F> known_;
  std::vector<Tensor<F>> registers_;
  Tensor<F> observed_x0_;
  Tensor<F, std::int32_t> state_, bad_;
  Tensor<B, T> c_noise_;
  std::vector<std::vector<Tensor<B>>> timed_;  // [count, width], of the step at hand
  std::vector<std::int32_t> host_bad_;
};

}  // namespace hush::detail
