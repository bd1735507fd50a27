#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include <hush/cpu/normals.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/packet.hpp>
#include <hush/kernels/combination.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Calls f(i, at, count, kept) for each block of a batch: elements at .. at + count - 1 of image i, where count is
/// Whole{} for all of the 64 numbers of a block. `kept` is a Kept of a task's own; when the task ends it is told to
/// `end`.
template <class Kept, class T, class F, class End>
void over_images(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const F& f, const End& end) {
  const std::int64_t tasks = (stride + cpu_detail::numbers_a_task - 1) / cpu_detail::numbers_a_task;
  parallel(cpu, images * tasks, [&](std::int64_t task) {
    const std::int64_t first = task % tasks * cpu_detail::numbers_a_task,
                       last = std::min(stride, first + cpu_detail::numbers_a_task);
    Kept kept{};
    std::int64_t at = first;
    for (; at + cpu_detail::block_size <= last; at += cpu_detail::block_size)
      f(task / tasks, at, cpu_detail::Whole{}, kept);
    if (at < last) f(task / tasks, at, last - at, kept);
    end(kept);
  });
}
/// The same for a kernel that keeps nothing: f(i, at, count).
template <class T, class F>
void over_images(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const F& f) {
  struct Nothing {};
  over_images<Nothing>(
      cpu, images, stride, [&](std::int64_t i, std::int64_t at, auto count, Nothing) { f(i, at, count); },
      [](Nothing) {});
}

namespace cpu_detail {

/// A block as packets, on which f(packet, number) is called in order.
template <class T>
struct PacketBlock {
  static constexpr int size = int(simd::packet_size<T>), count = int(block_size) / size;
  simd::Packet<T> packet[count];

  template <class F>
  [[gnu::always_inline]] void each(const F& f) {
    simd::unrolled<count>([&](int j) __attribute__((always_inline)) { f(packet[j], j); });
  }
};

/// The block at x as 64 numbers: where they are, or padded with 0 in `padded` if only `count` of them exist.
template <class T>
const T* whole_block(const T* x, Whole, T*) {
  return x;
}
template <class T>
const T* whole_block(const T* x, std::int64_t count, T* padded) {
  for (int k = 0; k < block_size; ++k) padded[k] = k < count ? x[k] : T(0);
  return padded;
}
/// Writes a block, or the numbers of it that exist.
template <class T>
[[gnu::always_inline]] inline void write_block(T* y, Whole, PacketBlock<T>& block) {
  block.each([&](const auto& p, int j) { simd::store(y + j * PacketBlock<T>::size, p); });
}
template <class T>
void write_block(T* y, std::int64_t count, PacketBlock<T>& block) {
  T whole[block_size];
  write_block(whole, Whole{}, block);
  std::copy_n(whole, count, y);
}

/// The 64 normals of a stream from `at` on, a multiple of 4.
template <class T>
void normal_block(const Stream& stream, std::int64_t at, T* z) {
  if constexpr (std::is_same_v<T, float>) {
    fill_64_normals(z, stream, std::uint32_t(at / 4));
  } else {
    float narrow[block_size];
    fill_64_normals(narrow, stream, std::uint32_t(at / 4));
    std::copy_n(narrow, block_size, z);
  }
}

}  // namespace cpu_detail

/// z = N(0, 1) for images of `stride` elements whose streams differ by `images[i]`.
template <class T>
void normals(const Cpu<T>& cpu, std::span<const std::uint32_t> images, std::int64_t stride, const Stream& stream,
             T* z) {
  over_images(cpu, std::int64_t(images.size()), stride, [&](std::int64_t i, std::int64_t at, auto count) {
    Stream own = stream;
    own.image = images[std::size_t(i)];
    T block[cpu_detail::block_size];
    cpu_detail::normal_block(own, at, block);
    cpu_detail::store_block(z + i * stride + at, count, cpu_detail::load_block(block));
  });
}

/// z = a[i] x + b[i] y for image i.
template <class T>
void blend_images(const Cpu<T>& cpu, std::span<const double> a, std::span<const double> b, std::int64_t stride,
                  const T* x, const T* y, T* z) {
  over_images(cpu, std::int64_t(a.size()), stride, [&](std::int64_t i, std::int64_t at, auto count) {
    const std::int64_t from = i * stride + at;
    const T p = T(a[std::size_t(i)]), q = T(b[std::size_t(i)]);
    cpu_detail::store_block<T>(
        z + from, count, p * cpu_detail::load_block(x + from, count) + q * cpu_detail::load_block(y + from, count));
  });
}

namespace cpu_detail {

/// The two estimates that a rule makes of x and of a network's output f, packet by packet; and whether f was finite.
template <class T>
class Estimating {
 public:
  using Packet = simd::Packet<T>;
  /// 0 times what the network said: not a number once that was not finite.
  struct Nothing {
    Packet packet[4] = {simd::broadcast(T(0)), simd::broadcast(T(0)), simd::broadcast(T(0)), simd::broadcast(T(0))};
  };

  explicit Estimating(const EstimateRule& rule)
      : a_(simd::broadcast(T(rule.a))),
        b_(simd::broadcast(T(rule.b))),
        c_(simd::broadcast(T(rule.c))),
        d_(simd::broadcast(T(rule.d))),
        high_(simd::broadcast(rule.clip > 0 ? T(rule.clip) : std::numeric_limits<T>::infinity())),
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
      p = x0(xj, fj), noise.packet[j] = eps(xj, fj);
    });
    if (x0_to) write_block(x0_to, count, clean);
    if (eps_to) write_block(eps_to, count, noise);
  }
  static void look(const Packet& f, int j, Nothing& nothing) {
    nothing.packet[j % 4] = simd::multiply_add<T>(simd::broadcast(T(0)), f, nothing.packet[j % 4]);
  }
  static void tell(const Nothing& nothing, std::int32_t* bad) {
    const auto& [p, q, r, s] = nothing.packet;
    if (simd::sum<T>(simd::add<T>(simd::add<T>(p, q), simd::add<T>(r, s))) != 0)
      std::atomic_ref(*bad).store(1, std::memory_order_relaxed);
  }

 private:
  Packet a_, b_, c_, d_, high_, low_;
};

}  // namespace cpu_detail

/// A network's output f as estimates of the clean image and of the noise, see EstimateRule; x0 or eps may be nullptr,
/// and may stand where x or f does. `bad` becomes 1 if f is not finite somewhere, else it is left as it is.
template <class T>
void estimates(const Cpu<T>& cpu, std::int64_t n, const EstimateRule& rule, const T* x, const T* f, T* x0, T* eps,
               std::int32_t* bad) {
  using Made = cpu_detail::Estimating<T>;
  const Made made(rule);
  const auto block = [=](std::int64_t, std::int64_t at, auto count, typename Made::Nothing& nothing) {
    T padded_x[cpu_detail::block_size], padded_f[cpu_detail::block_size];
    const T *xs = cpu_detail::whole_block(x + at, count, padded_x),
            *fs = cpu_detail::whole_block(f + at, count, padded_f);
    for (int j = 0; j < cpu_detail::PacketBlock<T>::count; ++j)
      made.look(simd::load(fs + j * cpu_detail::PacketBlock<T>::size), j, nothing);
    made.write(xs, fs, x0 ? x0 + at : nullptr, eps ? eps + at : nullptr, count);
  };
  over_images<typename Made::Nothing>(cpu, 1, n, block, [&](const auto& nothing) { made.tell(nothing, bad); });
}

namespace cpu_detail {

/// Adds the terms and draws to the block at element `at` of image i.
template <class T, class Count>
[[gnu::always_inline]] inline void add_to_block(PacketBlock<T>& sum, std::span<const Term<T>> terms,
                                                std::span<const DrawTerm> draws, const DrawPlace& place, std::int64_t i,
                                                std::int64_t at, std::int64_t stride, Count count) {
  const auto add = [&](double coefficient, const T* values) {
    const auto factor = simd::broadcast(T(coefficient));
    sum.each([&](auto& p, int j) { p = simd::multiply_add<T>(factor, simd::load(values + j * sum.size), p); });
  };
  T block[block_size];
  for (const Term<T>& term : terms) add(term.coefficient, whole_block(term.data + i * stride + at, count, block));
  for (const DrawTerm& draw : draws) {
    normal_block({place.seed, place.first_image + std::uint32_t(i), place.step, draw.purpose}, at, block);
    add(draw.coefficient, block);
  }
}

}  // namespace cpu_detail

/// One step in one pass: the estimates that `rule` makes of x and the network's output f, and y = their share of `use`
/// and the sum of the terms and draws, over images of `stride` elements; y may be x, f or one of the terms. `bad` as in
/// `estimates`.
template <class T>
void combine_estimates(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const EstimateRule& rule,
                       const T* x, const T* f, const EstimateUse<T>& use, std::span<const Term<T>> terms,
                       std::span<const DrawTerm> draws, const DrawPlace& place, T* y, std::int32_t* bad) {
  using Made = cpu_detail::Estimating<T>;
  const Made made(rule);
  const auto of_x0 = simd::broadcast(T(use.of_x0)), of_eps = simd::broadcast(T(use.of_eps));
  const bool uses_eps = use.of_eps != 0;
  const auto block = [=](std::int64_t i, std::int64_t at, auto count, typename Made::Nothing& nothing) {
    const std::int64_t from = i * stride + at;
    T padded_x[cpu_detail::block_size], padded_f[cpu_detail::block_size];
    const T *xs = cpu_detail::whole_block(x + from, count, padded_x),
            *fs = cpu_detail::whole_block(f + from, count, padded_f);
    cpu_detail::PacketBlock<T> sum;
    sum.each([&](auto& p, int j) {
      const auto xj = simd::load(xs + j * sum.size), fj = simd::load(fs + j * sum.size);
      made.look(fj, j, nothing);
      p = simd::multiply<T>(of_x0, made.x0(xj, fj));
      if (uses_eps) p = simd::multiply_add<T>(of_eps, made.eps(xj, fj), p);
    });
    if (use.x0 || use.eps)
      made.write(xs, fs, use.x0 ? use.x0 + from : nullptr, use.eps ? use.eps + from : nullptr, count);
    cpu_detail::add_to_block(sum, terms, draws, place, i, at, stride, count);
    cpu_detail::write_block(y + from, count, sum);
  };
  over_images<typename Made::Nothing>(cpu, images, stride, block,
                                      [&](const auto& nothing) { made.tell(nothing, bad); });
}

/// y = the sum of the terms and draws, over images of `stride` elements; y may be one of the terms.
template <class T>
void combine(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, std::span<const Term<T>> terms,
             std::span<const DrawTerm> draws, const DrawPlace& place, T* y) {
  over_images(cpu, images, stride, [=](std::int64_t i, std::int64_t at, auto count) {
    cpu_detail::PacketBlock<T> sum;
    sum.each([](auto& p, int) { p = simd::broadcast(T(0)); });
    cpu_detail::add_to_block(sum, terms, draws, place, i, at, stride, count);
    cpu_detail::write_block(y + i * stride + at, count, sum);
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
