#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/kernels/sampler_pass.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {
namespace cpu_detail {

/// The two estimates that a rule makes of x and of a network's output f, packet by packet; and whether f was finite.
template <class T>
class Estimating {
 public:
  using Packet = simd::Packet<T>;
  /// 0 times what the network gave: not a number once that was not finite.
  struct Nothing {
    Packet packet[4] = {simd::broadcast(T(0)), simd::broadcast(T(0)), simd::broadcast(T(0)), simd::broadcast(T(0))};
  };

  /// `rule`: the numbers a, b, c, d and clip of an EstimateRule.
  explicit Estimating(const T* rule)
      : a_(simd::broadcast(rule[0])),
        b_(simd::broadcast(rule[1])),
        c_(simd::broadcast(rule[2])),
        d_(simd::broadcast(rule[3])),
        high_(simd::broadcast(rule[4] > 0 ? rule[4] : std::numeric_limits<T>::infinity())),
        low_(simd::subtract<T>(simd::broadcast(T(0)), high_)) {}

  Packet x0(const Packet& x, const Packet& f) const {
    const Packet estimate = simd::multiply_add<T>(a_, x, simd::multiply<T>(b_, f));
    return simd::minimum<T>(simd::maximum<T>(estimate, low_), high_);
  }
  Packet eps(const Packet& x, const Packet& f) const { return simd::multiply_add<T>(c_, x, simd::multiply<T>(d_, f)); }
  /// Both estimates of a block, written where they are asked for.
  template <class Count>
  [[gnu::always_inline]] void write(const T* x, const T* f, T* x0_to, T* eps_to, Count count) const {
    PacketBlock<T> clean, noise;
    clean.each([&](auto& p, int j) {
      const Packet xj = simd::load(x + j * clean.size), fj = simd::load(f + j * clean.size);
      p = x0(xj, fj);
      noise.packet[j] = eps(xj, fj);
    });
    if (x0_to) write_block(x0_to, count, clean);
    if (eps_to) write_block(eps_to, count, noise);
  }
  static void inspect(const Packet& f, int j, Nothing& nothing) {
    nothing.packet[j % 4] = simd::multiply_add<T>(simd::broadcast(T(0)), f, nothing.packet[j % 4]);
  }
  static void report(const Nothing& nothing, std::int32_t* bad) {
    const auto& [p, q, r, s] = nothing.packet;
    if (simd::sum<T>(simd::add<T>(simd::add<T>(p, q), simd::add<T>(r, s))) != 0)
      std::atomic_ref(*bad).store(1, std::memory_order_relaxed);
  }

 private:
  Packet a_, b_, c_, d_, high_, low_;
};

/// Adds the terms and draws of a pass to the block at element `at` of image i.
template <class T, class Count>
[[gnu::always_inline]] inline void add_terms(PacketBlock<T>& sum, const SamplerPass<T, T>& pass, const T* coefficients,
                                             std::int64_t i, std::int64_t at, std::int64_t stride, Count count) {
  const auto add = [&](T coefficient, const T* values) {
    const auto factor = simd::broadcast(coefficient);
    sum.each([&](auto& p, int j) { p = simd::multiply_add<T>(factor, simd::load(values + j * sum.size), p); });
  };
  T block[block_size];
  for (int t = 0; t < pass.terms; ++t) add(coefficients[t], whole_block(pass.term[t] + i * stride + at, count, block));
  for (int d = 0; d < pass.draws; ++d) {
    normal_block(
        {pass.seed, pass.at.first_image() + std::uint32_t(i), pass.at.step() + pass.draws_later, pass.purpose[d]}, at,
        block);
    add(coefficients[pass.terms + d], block);
  }
}

/// A pass that only makes estimates.
template <class T>
void make_estimates(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const SamplerPass<T, T>& pass) {
  using Made = Estimating<T>;
  const Made made(pass.numbers.row(pass.at) + pass.numbers.rule);
  const auto block = [=](std::int64_t i, std::int64_t at, auto count, typename Made::Nothing& nothing) {
    const std::int64_t from = i * stride + at;
    T padded_x[block_size], padded_f[block_size];
    const T *xs = whole_block(pass.x + from, count, padded_x), *fs = whole_block(pass.f + from, count, padded_f);
    for (int j = 0; j < PacketBlock<T>::count; ++j) made.inspect(simd::load(fs + j * PacketBlock<T>::size), j, nothing);
    made.write(xs, fs, pass.x0 ? pass.x0 + from : nullptr, pass.eps ? pass.eps + from : nullptr, count);
  };
  over_images<typename Made::Nothing>(cpu, images, stride, block,
                                      [&](const auto& nothing) { made.report(nothing, pass.bad + pass.at.step()); });
}

/// A pass that makes estimates and adds them up with others.
template <class T>
void combine_estimates(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const SamplerPass<T, T>& pass) {
  using Made = Estimating<T>;
  const T* c = pass.numbers.row(pass.at);
  const Made made(c + pass.numbers.rule);
  const auto of_x0 = simd::broadcast(c[pass.numbers.of_x0]), of_eps = simd::broadcast(c[pass.numbers.of_eps]);
  const auto block = [=](std::int64_t i, std::int64_t at, auto count, typename Made::Nothing& nothing) {
    const std::int64_t from = i * stride + at;
    T padded_x[block_size], padded_f[block_size];
    const T *xs = whole_block(pass.x + from, count, padded_x), *fs = whole_block(pass.f + from, count, padded_f);
    PacketBlock<T> sum;
    sum.each([&](auto& p, int j) {
      const auto xj = simd::load(xs + j * sum.size), fj = simd::load(fs + j * sum.size);
      made.inspect(fj, j, nothing);
      p = simd::multiply<T>(of_x0, made.x0(xj, fj));
      if (pass.adds_eps) p = simd::multiply_add<T>(of_eps, made.eps(xj, fj), p);
    });
    if (pass.x0 || pass.eps)
      made.write(xs, fs, pass.x0 ? pass.x0 + from : nullptr, pass.eps ? pass.eps + from : nullptr, count);
    add_terms(sum, pass, c + pass.numbers.others, i, at, stride, count);
    write_block(pass.y + from, count, sum);
  };
  over_images<typename Made::Nothing>(cpu, images, stride, block,
                                      [&](const auto& nothing) { made.report(nothing, pass.bad + pass.at.step()); });
}

/// A pass that only adds up.
template <class T>
void combine(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const SamplerPass<T, T>& pass) {
  const T* coefficients = pass.numbers.row(pass.at) + pass.numbers.others;
  over_images(cpu, images, stride, [=](std::int64_t i, std::int64_t at, auto count) {
    PacketBlock<T> sum;
    sum.each([](auto& p, int) { p = simd::broadcast(T(0)); });
    add_terms(sum, pass, coefficients, i, at, stride, count);
    write_block(pass.y + i * stride + at, count, sum);
  });
}

}  // namespace cpu_detail

/// One pass of a sampling run over images of `stride` numbers, see SamplerPass.
template <class T>
void sampler_pass(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const SamplerPass<T, T>& pass) {
  if (!pass.f)
    cpu_detail::combine(cpu, images, stride, pass);
  else if (pass.y)
    cpu_detail::combine_estimates(cpu, images, stride, pass);
  else
    cpu_detail::make_estimates(cpu, images, stride, pass);
}

/// y[0 .. n) = the step's c_noise, the network's noise labels, for n images.
template <class T>
void fill_c_noise(const Cpu<T>&, std::int64_t n, const RunPlace& at, const StepNumbers<T>& numbers, T* y) {
  std::fill_n(y, n, numbers.row(at)[numbers.c_noise]);
}
/// y = the step's c_in times x, n numbers: the image as the network is given it.
template <class T>
void scale_input(const Cpu<T>& cpu, std::int64_t n, const RunPlace& at, const StepNumbers<T>& numbers, const T* x,
                 T* y) {
  const T in = numbers.row(at)[numbers.in];
  map_blocks(
      cpu, n, y, [=](const cpu_detail::Numbers<T>& block) -> cpu_detail::Numbers<T> { return in * block; }, x);
}
/// The step's rows of tables, repeated for n images.
template <class T>
void fetch_step(const Cpu<T>&, std::int64_t n, const RunPlace& at, const StepRows& rows) {
  for (int t = 0; t < rows.count; ++t) {
    const T* from = static_cast<const T*>(rows.from[t]) + std::int64_t(at.step()) * rows.width[t];
    for (std::int64_t i = 0; i < n; ++i)
      std::copy_n(from, rows.width[t], static_cast<T*>(rows.to[t]) + i * rows.width[t]);
  }
}
/// On to the next step.
template <class T>
void next_step(const Cpu<T>&, std::int32_t* state) {
  ++state[0];
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
