#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include <hush/ops/arithmetic.hpp>
#include <hush/plan.hpp>
#include <hush/process.hpp>
#include <hush/sample_options.hpp>
#include <hush/sampler.hpp>
#include <hush/tensor/combination.hpp>
#include <hush/tensor/noise.hpp>

namespace hush {

/// A network that gave NaN or infinite values; the message names the step.
struct NonFiniteSample : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline NonFiniteSample non_finite_sample(int step, int steps, const std::vector<Level>& levels) {
  return NonFiniteSample(words("[sample] the network gave NaN or infinite values at step ", step + 1, " of ", steps,
                               " (time ", levels[std::size_t(step)].time, ")"));
}

/// How the network's output becomes both estimates at a level. Throws std::invalid_argument where it cannot: a network
/// that predicts noise says nothing about an image without signal.
template <Parameterization P>
EstimateRule estimate_rule(const P& parameterization, Level level, double clip) {
  const Scalings s = parameterization(level);
  const NoiseScalings n = level.noise > 0 ? noise_scalings(s, level) : NoiseScalings{};
  check(std::isfinite(s.skip) && std::isfinite(s.out) && std::isfinite(s.in), "sample",
        "this parameterization gives no clean image at time ", level.time, ", where the signal is ", level.signal,
        " and the noise ", level.noise, "; begin at another level, or predict the velocity or x0");
  return {s.skip, s.out, n.skip, n.out, clip};
}

/// What a draw of a sampler is for: the ordinal-th of its step.
inline std::uint32_t draw_purpose(int ordinal) { return purpose("draw", std::uint32_t(ordinal)); }

/// Tensors as images on the host.
template <Backend B>
Images<float> download_images(const Tensor<B>& x) {
  const Shape& s = x.shape();
  return Images<float>(s[0], s[1], s[2], s[3], download<float>(x));
}

/// One batch of a sampling run: what a sampler needs in order to step, on tensors.
template <class Proc, class Net>
class Sampling {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Given = typename Proc::template Given<B>;

  Sampling(const Proc& process, const Net& net, const Given& given, const SampleOptions<B>& options,
           const Course& course, std::int64_t first, std::int64_t count)
      : process_(process),
        net_(net),
        given_(given),
        options_(options),
        on_(net.on().in_full()),
        course_(course),
        levels_(course.levels),
        first_(options.first_image + first) {
    const ImageSize size = net.image();
    shape_ = {count, size.height, size.width, size.channels};
  }

  /// The images that the run starts from.
  Tensor<F> start() {
    const Level& level = levels_.front();
    if (const auto* uniform = std::get_if<FromUniform>(&options_.start)) return uniformly(*uniform);
    if (const auto* given = std::get_if<FromImages>(&options_.start)) {
      const float* from = given->images.pixels.data() + (first_ - options_.first_image) * stride();
      const Tensor<F> x0 = upload(on_, shape_, std::span<const float>(from, std::size_t(shape_.size())));
      Tensor<F> x(on_, shape_);
      const std::vector<Tensor<F>> sources{x0};
      const PlanTerm term{0, level.signal};
      const PlanDraw draw{0, start_draw, level.noise};
      combine_into(x, {&term, 1}, {&draw, level.noise > 0 ? std::size_t(1) : 0}, &sources);
      return x;
    }
    Tensor<F> x(on_, shape_);
    const PlanDraw draw{0, start_draw, level.signal == 1 ? level.noise : 1};
    combine_into(x, {}, {&draw, 1}, nullptr);
    return x;
  }
  /// The network's estimates at one level: either may be left out.
  void denoise(const Tensor<F>& x, Level level, int step, Tensor<F>* x0, Tensor<F>* eps) {
    const std::vector<Level> same(std::size_t(shape_[0]), level);
    const Tensor<B> f = process_.predict(net_, x, same, given_);
    check(f.shape() == shape_, "sample", "the network gave ", f.shape(), ", wanted ", shape_);
    using T = typename F::scalar;
    Tensor<F, std::int32_t> bad(on_, {1});
    fill(on_, 1, 0, bad.data());
    const double clip = options_.threshold ? 0 : options_.clip;
    estimates(on_, x.size(), estimate_rule(process_.parameterization, level, clip), x.data(), f.data(),
              x0 ? x0->data() : static_cast<T*>(nullptr), eps ? eps->data() : static_cast<T*>(nullptr), bad.data());
    if (download<std::int32_t>(bad)[0] != 0) throw non_finite_sample(step, int(levels_.size()) - 1, levels_);
  }
  /// to = terms + draws.
  void combine_into(Tensor<F>& to, std::span<const PlanTerm> terms, std::span<const PlanDraw> draws,
                    const std::vector<Tensor<F>>* registers) {
    std::vector<Term<typename F::scalar>> sources;
    for (const PlanTerm& term : terms)
      sources.push_back({(*registers)[std::size_t(term.slot)].data(), term.coefficient});
    std::vector<DrawTerm> philox;
    DrawPlace place{options_.seed, std::uint32_t(first_), 0};
    for (const PlanDraw& draw : draws) {
      if (options_.noise) {
        sources.push_back({fetched(draw).data(), draw.coefficient});
      } else {
        place.step = std::uint32_t(draw.step);
        philox.push_back({draw_purpose(draw), draw.coefficient});
      }
    }
    combine(on_, shape_[0], stride(), std::span<const Term<typename F::scalar>>(sources),
            std::span<const DrawTerm>(philox), place, to.data());
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
    for (const auto& row : plan.rows) {
      if (const auto* look = std::get_if<DenoiseRow>(&row)) {
        const auto at = [&](int slot) { return slot < 0 ? nullptr : &registers[std::size_t(slot)]; };
        Tensor<F>* x0 = at(look->x0);
        if (!x0 && options_.each_step) x0 = &seen;
        const Tensor<F> from = registers[std::size_t(look->from)];
        denoise(from, look->level, look->step, x0, at(look->eps));
        if (options_.each_step && x0 != &seen) copy(on_, x0->size(), std::as_const(*x0).data(), seen.data());
        continue;
      }
      const auto& sum = std::get<CombineRow>(row);
      Tensor<F>& to = registers[std::size_t(sum.to)];
      combine_into(to, sum.terms, sum.draws, &registers);
      if (!sum.ends_step) continue;
      put_back(to);
      if (!tell(sum.step + 1, to, seen)) return to;
    }
    return registers[std::size_t(plan.result)];
  }

  template <class S>
  Tensor<F> run_eagerly(const S& sampler) {
    Tensor<F> x = start(), seen;
    if (!tell(0, x, seen)) return x;
    MemoryOf<S, Tensor<F>> memory{};
    Course course = course_;
    for (int& step = course.step; step < course.steps(); ++step) {
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
        combine_into(z, {}, {&draw, 1}, nullptr);
        return z;
      };
      x = advance(sampler, look, x, course, noise, memory);
      put_back(x);
      if (!tell(step + 1, x, seen)) break;
    }
    return x;
  }

 private:
  static constexpr int start_draw = -1;
  static std::uint32_t draw_purpose(const PlanDraw& draw) {
    return draw.ordinal == start_draw ? purpose("start") : hush::draw_purpose(draw.ordinal);
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
  void put_back(Tensor<F>& x) const {
    if constexpr (KnowsPixels<decltype(process_.conditioning), B>) process_.conditioning.keep_known(given_, x);
  }

  const Proc& process_;
  const Net& net_;
  const Given& given_;
  const SampleOptions<B>& options_;
  F on_;
  const Course& course_;
  const std::vector<Level>& levels_;
  std::int64_t first_;
  Shape shape_;
  struct Fetched {
    int step, ordinal;
    Tensor<F> values;
  };
  std::vector<Fetched> fetched_;
};

}  // namespace hush
