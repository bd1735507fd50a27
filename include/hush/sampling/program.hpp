#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/process.hpp>
#include <hush/sampling/estimate_rule.hpp>
#include <hush/sampling/lower.hpp>
#include <hush/sampling/options.hpp>
#include <hush/sampling/plan.hpp>

namespace hush::detail {

/// A pass, and where it finds the numbers of its step.
struct Instruction {
  StepPass pass;
  std::int32_t offset = 0;  // of its numbers in a step's row
  int call = 0;             // its network call is the call-th of the step
  bool scales = false;      // c_in is not 1 at some step
};

/// A plan as a run executes it, for batches of any size and any conditions: its steps by their forms, the same kernels
/// on the same registers, so that one recording of a form serves all its steps; and what differs within a form, levels
/// and coefficients, as a table in the backend's memory. Throws std::invalid_argument where the network cannot be told
/// a level.
template <class B>
class Program {
 public:
  using F = typename B::full;
  using T = typename F::scalar;
  using Numbers = StepNumbers<T>;
  using Form = std::vector<Instruction>;

  template <class Proc, class Net>
  Program(const Proc& process, const Net& net, const SampleOptions<B>& options, Plan plan,
          const std::vector<Level>& levels) {
    if constexpr (KnowsPixels<decltype(process.conditioning), B>)
      plan = with_known_pixels(std::move(plan), levels,
                               puts_back_noisy<std::remove_cvref_t<decltype(process.conditioning)>>);
    using Kernel = SamplerPass<T, typename B::scalar>;
    LoweredPlan lowered = lower(plan, {.fuse = !options.threshold,  // a threshold wants all of x0 first
                                       .noise_from_host = bool(options.noise),
                                       .most_terms = Kernel::most_terms,
                                       .most_draws = Kernel::most_draws});
    for (auto& step : lowered.steps)
      for (StepPass& pass : step)
        if (pass.input >= 0) pass.variant = variant_of(net, pass.level);
    registers = lowered.registers;
    result = lowered.result;
    picture = lowered.picture;
    from_host = bool(options.noise);
    for (const auto& step : lowered.steps) form_of.push_back(number_of_form(step));
    make_table(process, net, options, lowered.steps);
  }

  int steps() const { return int(form_of.size()); }
  const Form& of(int step) const { return forms[std::size_t(form_of[std::size_t(step)])]; }
  /// The numbers of an instruction.
  Numbers numbers(const Instruction& at) const { return {table.data() + at.offset, width}; }
  /// How often the round of steps that begins at `first` and is `period` long comes again before `end`, itself counted.
  int rounds(int first, int period, int end) const {
    int alike = first + period;
    if (alike > end) return 0;
    while (alike < end && form_of[std::size_t(alike)] == form_of[std::size_t(alike - period)]) ++alike;
    return (alike - first) / period;
  }

  std::vector<Form> forms;
  std::vector<int> form_of;  // of each step
  int registers = 1, result = 0, picture = -1;
  bool from_host = false;                     // some noise comes from the host
  std::int32_t width = 0;                     // of a step's row in the table
  Tensor<F> table;                            // [steps, width]
  std::vector<std::vector<Tensor<B>>> timed;  // of each network call of a step: [steps, width], see TimedBackbone

 private:
  /// The number of a step's form, which is added where it is new.
  int number_of_form(const std::vector<StepPass>& step) {
    const auto is_like = [&](const Form& form) {
      return std::ranges::equal(form, step, same_kernels, &Instruction::pass);
    };
    const auto found = std::ranges::find_if(forms, is_like);
    if (found != forms.end()) return int(found - forms.begin());
    Form form;
    std::int32_t offset = 0;
    int call = 0;
    for (const StepPass& pass : step) {
      form.push_back({pass, offset, call});
      offset += std::int32_t(Numbers::others + pass.coefficients.size());
      call += pass.input >= 0;
    }
    width = std::max(width, offset);
    forms.push_back(std::move(form));
    return int(forms.size()) - 1;
  }
  template <class Proc, class Net>
  void make_table(const Proc& process, const Net& net, const SampleOptions<B>& options,
                  const std::vector<std::vector<StepPass>>& passes) {
    std::vector<T> numbers(passes.size() * std::size_t(width), T(0));
    std::vector<std::vector<T>> c_noise;  // of each network call of a step
    for (std::size_t step = 0; step < passes.size(); ++step) {
      Form& form = forms[std::size_t(form_of[step])];
      for (std::size_t i = 0; i < form.size(); ++i) {
        const StepPass& pass = passes[step][i];
        T* row = &numbers[step * std::size_t(width) + std::size_t(form[i].offset)];
        row[Numbers::of_x0] = T(pass.of_x0);
        row[Numbers::of_eps] = T(pass.of_eps);
        std::ranges::transform(pass.coefficients, row + Numbers::others, [](double v) { return T(v); });
        if (pass.input < 0) continue;
        write_call(process.parameterization, pass.level, options.threshold ? 0 : options.clip, row);
        form[i].scales |= process.parameterization(pass.level).in != 1;
        if (std::size_t(form[i].call) == c_noise.size()) c_noise.emplace_back(passes.size(), T(1));
        c_noise[std::size_t(form[i].call)][step] = row[Numbers::c_noise];
      }
    }
    const F on = net.on().in_full();
    table = upload(on, {std::int64_t(numbers.size())}, std::span<const T>(numbers));
    if constexpr (TimedBackbone<Net, B>)
      for (const std::vector<T>& all : c_noise)
        timed.push_back(net.timed(upload(on, {steps()}, std::span<const T>(all)).handled_by(net.on())));
    for (const auto& of_call : timed)
      check(of_call.size() <= std::size_t(StepRows::most), "sample", "a network may make ", StepRows::most,
            " tensors of the levels, not ", of_call.size());
  }
  /// What a network call at a level reads.
  template <class P>
  static void write_call(const P& parameterization, Level level, double clip, T* row) {
    const Scalings s = parameterization(level);
    const EstimateRule rule = estimate_rule(parameterization, level, clip);
    row[Numbers::in] = T(s.in);
    row[Numbers::c_noise] = T(s.c_noise);
    T* to = row + Numbers::rule;
    for (const double v : {rule.a, rule.b, rule.c, rule.d, rule.clip}) *to++ = T(v);
  }
};

}  // namespace hush::detail
