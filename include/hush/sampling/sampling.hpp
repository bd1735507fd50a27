#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <hush/kernels/by_norms.hpp>
#include <hush/kernels/combination.hpp>
#include <hush/kernels/threshold.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/process.hpp>
#include <hush/random/noise.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/estimate_rule.hpp>
#include <hush/sampling/options.hpp>
#include <hush/sampling/plan.hpp>

namespace hush {

/// What a draw of a sampler is for: the ordinal-th of its step.
inline std::uint32_t draw_purpose(int ordinal) { return purpose("draw", std::uint32_t(ordinal)); }

/// One batch of a sampling run: what a sampler needs in order to step, on tensors.
template <class Proc, class Net>
class Sampling {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using BatchCondition = typename Proc::template BatchCondition<B>;
  using T = typename F::scalar;

  Sampling(const Proc& process, const Net& net, const BatchCondition& condition, const SampleOptions<B>& options,
           const Trajectory& trajectory, std::int64_t first, std::int64_t count)
      : process_(process),
        net_(net),
        condition_(condition),
        options_(options),
        on_(net.on().in_full()),
        course_(trajectory),
        levels_(trajectory.levels),
        first_(options.first_image + first) {
    const ImageSize size = net.image();
    shape_ = {count, size.height, size.width, size.channels};
    bad_ = Tensor<F, std::int32_t>(on_, {1});
    fill(on_, 1, 0, bad_.data());
  }

  /// The images that the run starts from.
  Tensor<F> start() {
    Tensor<F> x = begin();
    put_back(x, 0);
    return x;
  }
  /// The network's estimates at one level: either may be left out.
  void denoise(const Tensor<F>& x, Level level, int step, Tensor<F>* x0, Tensor<F>* eps) {
    const Tensor<B> f = said(x, level);
    estimates(on_, x.size(), rule(level), x.data(), f.data(), x0 ? x0->data() : static_cast<T*>(nullptr),
              eps ? eps->data() : static_cast<T*>(nullptr), bad_.data());
    check_finite(step);
    if (x0 && options_.threshold) threshold(*x0, options_.threshold->ratio, options_.threshold->largest);
  }
  /// to = terms + draws; `source(slot)` points to the numbers of a term.
  template <class Source>
  void combine_into(Tensor<F>& to, std::span<const PlanTerm> terms, std::span<const PlanDraw> draws,
                    const Source& source) {
    const Sum sum = sum_of(terms, draws, source);
    combine(on_, shape_[0], stride(), std::span<const Term<T>>(sum.terms), std::span<const DrawTerm>(sum.draws),
            sum.place, to.data());
  }
  void combine_into(Tensor<F>& to, std::span<const PlanDraw> draws) {
    combine_into(to, {}, draws, [](int) -> const T* { return nullptr; });
  }
  /// Tells the observer; false if it wants to stop.
  bool tell(int step, const Tensor<F>& x, const Tensor<F>& x0) const {
    const int of = int(levels_.size()) - 1;
    if (!options_.each_step || (step % options_.every != 0 && step != of)) return true;
    return options_.each_step({step, of, first_, levels_[std::size_t(step)], x, x0});
  }

  Tensor<F> run_planned(const Plan& plan) {
    std::vector<Tensor<F>> registers(std::size_t(plan.slots));
    registers[0] = start();
    Tensor<F> seen;
    if (!tell(0, registers[0], seen)) return registers[0];
    for (std::size_t i = 1; i < registers.size(); ++i) registers[i] = Tensor<F>(on_, shape_);
    if (options_.each_step) seen = Tensor<F>(on_, shape_);
    for (std::size_t i = 0; i < plan.rows.size(); ++i) {
      const auto* sum = std::get_if<CombineRow>(&plan.rows[i]);
      if (sum) {
        combine_into(registers[std::size_t(sum->to)], sum->terms, sum->draws,
                     [&](int slot) { return std::as_const(registers[std::size_t(slot)]).data(); });
      } else {
        const auto& look = std::get<DenoiseRow>(plan.rows[i]);
        sum = i + 1 < plan.rows.size() ? std::get_if<CombineRow>(&plan.rows[i + 1]) : nullptr;
        const bool fused = sum && sum->looked_at >= 0;
        if (fused) ++i;
        take(look, fused ? sum : nullptr, registers, seen);
        if (!fused) continue;
      }
      if (!sum->ends_step) continue;
      put_back(registers[std::size_t(sum->to)], sum->step + 1);
      if (!tell(sum->step + 1, registers[std::size_t(sum->to)], seen)) return registers[std::size_t(sum->to)];
    }
    return registers[std::size_t(plan.result)];
  }

  template <class S>
  Tensor<F> run_eagerly(const S& sampler) {
    Tensor<F> x = start(), seen;
    if (!tell(0, x, seen)) return x;
    MemoryOf<S, Tensor<F>> memory{};
    Trajectory trajectory = course_;
    for (int& step = trajectory.step; step < trajectory.steps(); ++step) {
      int ordinal = 0;
      const auto look = [&](const Tensor<F>& at, Level level) {
        Denoised<Tensor<F>> found{Tensor<F>(on_, shape_), Tensor<F>(on_, shape_)};
        denoise(at, level, step, &found.x0, &found.eps);
        seen = found.x0;
        return found;
      };
      const auto noise = [&] {
        Tensor<F> z(on_, shape_);
        const PlanDraw draw{step, ordinal++, 1};
        combine_into(z, {&draw, 1});
        return z;
      };
      x = advance(sampler, look, x, trajectory, noise, memory);
      put_back(x, step + 1);
      if (!tell(step + 1, x, seen)) break;
    }
    return x;
  }

 private:
  struct Sum {
    std::vector<Term<T>> terms;
    std::vector<DrawTerm> draws;
    DrawPlace place;
    std::vector<Tensor<F>> kept;  // draws that had to be made beforehand
  };

  static constexpr int start_draw = -1, known_draw = -2;
  Tensor<F> begin() {
    const Level& level = levels_.front();
    if (const auto* uniform = std::get_if<FromUniform>(&options_.start)) return uniformly(*uniform);
    if (const Images<float>* given = given_start(options_.start).images) {
      const float* from = given->pixels.data() + (first_ - options_.first_image) * stride();
      const Tensor<F> x0 = upload(on_, shape_, std::span<const float>(from, std::size_t(shape_.size())));
      if (std::holds_alternative<FromLatents>(options_.start)) return x0;
      return noised(x0, level, 0, start_draw);
    }
    Tensor<F> x(on_, shape_);
    const PlanDraw draw{0, start_draw, is_preserving(level) ? 1 : level.noise};
    combine_into(x, {&draw, 1});
    return x;
  }
  /// signal * x0 + noise * N(0, 1), that of the draw of this name.
  Tensor<F> noised(const Tensor<F>& x0, Level at, int step, int ordinal) {
    Tensor<F> x(on_, shape_);
    const PlanTerm term{0, at.signal};
    const PlanDraw draw{step, ordinal, at.noise};
    combine_into(x, {&term, 1}, {&draw, at.noise > 0 ? std::size_t(1) : 0}, [&](int) { return x0.data(); });
    return x;
  }
  static std::uint32_t draw_purpose(const PlanDraw& draw) {
    if (draw.ordinal == known_draw) return purpose("known");
    return draw.ordinal == start_draw ? purpose("start") : hush::draw_purpose(draw.ordinal);
  }
  /// What the network says of an image.
  Tensor<B> said(const Tensor<F>& x, Level level) {
    const auto count = std::size_t(shape_[0]);
    const std::vector<Level> same(count, level);
    Tensor<B> f = process_.predict(net_, x, same, condition_);
    check(f.shape() == shape_, "sample", "the network gave ", f.shape(), ", wanted ", shape_);
    return f;
  }
  EstimateRule rule(Level level) const {
    return estimate_rule(process_.parameterization, level, options_.threshold ? 0 : options_.clip);
  }
  void check_finite(int step) {
    std::int32_t found;
    copy_out(on_, 1, std::as_const(bad_).data(), &found);
    if (found != 0) throw non_finite_sample(step, int(levels_.size()) - 1, levels_);
  }
  /// The arguments of the kernels that add up: draws of the options' source, and those of other steps than the first,
  /// are made beforehand.
  template <class Source>
  Sum sum_of(std::span<const PlanTerm> terms, std::span<const PlanDraw> draws, const Source& source) {
    Sum sum{{}, {}, {options_.seed, std::uint32_t(first_), draws.empty() ? 0 : std::uint32_t(draws[0].step)}, {}};
    for (const PlanTerm& term : terms) sum.terms.push_back({source(term.slot), term.coefficient});
    for (const PlanDraw& draw : draws) {
      if (options_.noise) {
        sum.kept.push_back(fetched(draw));
      } else if (draw.step != draws[0].step) {
        sum.kept.emplace_back(on_, shape_);
        const PlanDraw alone{draw.step, draw.ordinal, 1};
        combine_into(sum.kept.back(), {&alone, 1});
      } else {
        sum.draws.push_back({draw_purpose(draw), draw.coefficient});
        continue;
      }
      sum.terms.push_back({std::as_const(sum.kept.back()).data(), draw.coefficient});
    }
    return sum;
  }
  /// A denoising row, and the sum that follows it if that is of its fresh estimates: then in one pass, unless the
  /// estimates are to be changed first.
  void take(const DenoiseRow& look, const CombineRow* sum, std::vector<Tensor<F>>& registers, Tensor<F>& seen) {
    const Tensor<F> x = registers[std::size_t(look.from)];
    const auto at = [&](int slot) { return slot < 0 ? nullptr : &registers[std::size_t(slot)]; };
    Tensor<F>*x0 = at(look.x0), *eps = at(look.eps);
    if (!x0 && options_.each_step) x0 = &seen;
    if (!sum) {
      denoise(x, look.level, look.step, x0, eps);
    } else if (options_.threshold) {
      Tensor<F> clean = x0 ? *x0 : Tensor<F>(on_, shape_), noise = eps ? *eps : Tensor<F>(on_, shape_);
      denoise(x, look.level, look.step, &clean, &noise);
      combine_into(registers[std::size_t(sum->to)], sum->terms, sum->draws, [&](int slot) {
        const Tensor<F>& of = slot == PlanTerm::fresh_x0    ? clean
                              : slot == PlanTerm::fresh_eps ? noise
                                                            : registers[std::size_t(slot)];
        return of.data();
      });
    } else {
      EstimateUse<T> use{x0 ? x0->data() : nullptr, eps ? eps->data() : nullptr};
      std::vector<PlanTerm> others;
      for (const PlanTerm& term : sum->terms) {
        if (term.slot == PlanTerm::fresh_x0)
          use.of_x0 = term.coefficient;
        else if (term.slot == PlanTerm::fresh_eps)
          use.of_eps = term.coefficient;
        else
          others.push_back(term);
      }
      const Tensor<B> f = said(x, look.level);
      const Sum rest =
          sum_of(others, sum->draws, [&](int slot) { return std::as_const(registers[std::size_t(slot)]).data(); });
      combine_estimates(on_, shape_[0], stride(), rule(look.level), x.data(), f.data(), use,
                        std::span<const Term<T>>(rest.terms), std::span<const DrawTerm>(rest.draws), rest.place,
                        registers[std::size_t(sum->to)].data(), bad_.data());
      check_finite(look.step);
    }
    if (options_.each_step && x0 && x0->data() != seen.data())
      copy(on_, x0->size(), std::as_const(*x0).data(), seen.data());
  }
  std::int64_t stride() const { return shape_.size() / std::max<std::int64_t>(1, shape_[0]); }
  Tensor<F> uniformly(const FromUniform& range) const {
    std::vector<float> values(std::size_t(shape_.size()));
    for (std::int64_t i = 0; i < shape_.size(); ++i) {
      const Stream stream{options_.seed, std::uint32_t(first_ + i / stride()), 0, purpose("start")};
      const float u = uniform01(random_word(stream, std::uint64_t(i % stride())));
      values[std::size_t(i)] = float(range.low + (range.high - range.low) * double(u));
    }
    return upload(on_, shape_, std::span<const float>(values));
  }
  /// A draw of the options' source, fetched when it is first asked for and kept for the step after.
  const Tensor<F>& fetched(const PlanDraw& draw) {
    std::erase_if(fetched_, [&](const Fetched& old) { return old.step + 1 < draw.step; });
    for (const Fetched& old : fetched_)
      if (old.step == draw.step && old.ordinal == draw.ordinal) return old.values;
    std::vector<float> values(std::size_t(shape_.size()));
    options_.noise(values, shape_);
    fetched_.push_back({draw.step, draw.ordinal, upload(on_, shape_, std::span<const float>(values))});
    return fetched_.back().values;
  }
  /// Puts the known pixels into the image of the level that `arrived` counts to. A step up has noised them already.
  void put_back([[maybe_unused]] Tensor<F>& x, [[maybe_unused]] int arrived) {
    using Condition = std::remove_cvref_t<decltype(process_.conditioning)>;
    if constexpr (KnowsPixels<Condition, B>) {
      const KnownPixels<F>& known = process_.conditioning.known(condition_);
      if constexpr (detail::puts_back_noisy<Condition>) {
        const auto at = levels_.begin() + arrived;
        if (arrived > 0 && sigma_of(at[0]) > sigma_of(at[-1])) return;
        hush::put_back(KnownPixels<F>{noised(known.picture, *at, arrived, known_draw), known.hole}, x);
      } else {
        hush::put_back(known, x);
      }
    }
  }

  const Proc& process_;
  const Net& net_;
  const BatchCondition& condition_;
  const SampleOptions<B>& options_;
  F on_;
  const Trajectory& course_;
  const std::vector<Level>& levels_;
  std::int64_t first_;
  Shape shape_;
  Tensor<F, std::int32_t> bad_;  // 1 once the network has said something that is not finite
  struct Fetched {
    int step, ordinal;
    Tensor<F> values;
  };
  std::vector<Fetched> fetched_;
};

}  // namespace hush
