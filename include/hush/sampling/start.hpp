#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <hush/conditioning.hpp>
#include <hush/kernels/known_pixels.hpp>
#include <hush/kernels/sampler_pass.hpp>
#include <hush/sampling/options.hpp>

namespace hush::detail {

/// One batch of a run: the noise of its images, and what they start from.
template <Backend B>
class SamplingBatch {
 public:
  using F = typename B::full;
  using T = typename F::scalar;

  /// Images first, first + 1, ... of the run, of `shape`.
  SamplingBatch(const F& on, const Shape& shape, const SampleOptions<B>& options, std::int64_t first)
      : on_(on), shape_(shape), options_(options), first_(first) {}

  const F& on() const { return on_; }
  const Shape& shape() const { return shape_; }
  std::int64_t count() const { return shape_[0]; }
  std::int64_t stride() const { return shape_.size() / std::max<std::int64_t>(1, shape_[0]); }
  /// The number of the first image, to which its noise belongs.
  std::int64_t first_image() const { return options_.first_image + first_; }

  /// What the run starts from, at its first level; `to_x0` makes of images what the network makes.
  Tensor<F> start(Level level, const auto& to_x0) const {
    if (const auto* uniform = std::get_if<FromUniform>(&options_.start)) return uniformly(*uniform);
    if (const Images<float>* given = given_start(options_.start).images) {
      const Shape shape{count(), given->height, given->width, given->channels};
      const float* from = given->pixels.data() + first_ * given->stride();
      const Tensor<F> x = upload(on_, shape, std::span<const float>(from, std::size_t(shape.size())));
      return std::holds_alternative<FromLatents>(options_.start) ? x : noised(to_x0(x), level, 0, start_draw);
    }
    return sum(nullptr, 0, is_preserving(level) ? 1 : level.noise, 0, start_draw);
  }
  /// N(0, 1), a draw of a step.
  Tensor<F> noise(int step, int ordinal) const { return sum(nullptr, 0, 1, step, ordinal); }
  /// signal * x0 + noise * N(0, 1), of a draw of a step.
  Tensor<F> noised(const Tensor<F>& x0, Level at, int step, int ordinal) const {
    return sum(&x0, at.signal, at.noise, step, ordinal);
  }
  /// The next noise of the options' source.
  Tensor<F> from_host() const {
    std::vector<float> values(std::size_t(shape_.size()));
    options_.noise(values, shape_);
    return upload(on_, shape_, std::span<const float>(values));
  }
  /// Puts the known pixels of a conditioning into images at levels[arrived]: see `with_known_pixels`, which does it in
  /// a plan.
  template <class C>
  void put_back([[maybe_unused]] const C& conditioning,
                [[maybe_unused]] const typename C::template BatchCondition<B>& condition,
                [[maybe_unused]] const std::vector<Level>& levels, [[maybe_unused]] int arrived,
                [[maybe_unused]] Tensor<F>& x) const {
    if constexpr (KnowsPixels<C, B>) {
      const KnownPixels<F>& known = conditioning.known(condition);
      if constexpr (puts_back_noisy<C>) {
        const auto at = levels.begin() + arrived;
        if (arrived > 0 && sigma_of(at[0]) > sigma_of(at[-1])) return;
        hush::put_back(KnownPixels<F>{noised(known.picture, *at, arrived, known_draw), known.hole}, x);
      } else {
        hush::put_back(known, x);
      }
    }
  }

 private:
  /// of_x0 x0 + of_noise N(0, 1).
  Tensor<F> sum(const Tensor<F>* x0, double of_x0, double of_noise, int step, int ordinal) const {
    SamplerPass<T, T> pass{.at = {nullptr, std::uint32_t(step), std::uint32_t(first_image())}, .seed = options_.seed};
    std::vector<double> numbers(StepNumbers<T>::others, 0.);
    const auto add = [&](const Tensor<F>& x, double coefficient) {
      pass.term[pass.terms++] = x.data();
      numbers.push_back(coefficient);
    };
    if (x0) add(*x0, of_x0);
    Tensor<F> drawn;
    if (of_noise > 0 && options_.noise) {
      add(drawn = from_host(), of_noise);
    } else if (of_noise > 0) {
      pass.purpose[pass.draws++] = draw_purpose(ordinal);
      numbers.push_back(of_noise);
    }
    const Tensor<F> row = upload(on_, {std::int64_t(numbers.size())}, std::span<const double>(numbers));
    Tensor<F> y(on_, shape_);
    pass.numbers = {row.data(), 0};
    pass.y = y.data();
    sampler_pass(on_, count(), stride(), pass);
    return y;
  }
  Tensor<F> uniformly(const FromUniform& range) const {
    std::vector<float> values(std::size_t(shape_.size()));
    for (std::int64_t i = 0; i < shape_.size(); ++i) {
      const Stream stream{options_.seed, std::uint32_t(first_image() + i / stride()), 0, draw_purpose(start_draw)};
      const float u = uniform01(random_word(stream, std::uint64_t(i % stride())));
      values[std::size_t(i)] = float(range.low + (range.high - range.low) * double(u));
    }
    return upload(on_, shape_, std::span<const float>(values));
  }

  F on_;
  Shape shape_;
  const SampleOptions<B>& options_;
  std::int64_t first_;
};

}  // namespace hush::detail
