#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <span>

#include <hush/cpu/optimizer.hpp>
#include <hush/tensor/combination.hpp>
#include <hush/tensor/normal.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Calls f(i, at, count, kept) for each block of a batch: elements at .. at + count - 1 of image i, where count is
/// Whole{} for all of the 64 numbers of a block. `kept` is a block of a task's own, 0 at first; when the task ends it
/// is told to `end`.
template <class T, class F, class End>
void over_images(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const F& f, const End& end) {
  const std::int64_t tasks = (stride + numbers_a_task - 1) / numbers_a_task;
  parallel(cpu, images * tasks, [&](std::int64_t task) {
    const std::int64_t first = task % tasks * numbers_a_task, last = std::min(stride, first + numbers_a_task);
    Numbers<T> kept = Numbers<T>::Zero();
    std::int64_t at = first;
    for (; at + block_size <= last; at += block_size) f(task / tasks, at, Whole{}, kept);
    if (at < last) f(task / tasks, at, last - at, kept);
    end(kept);
  });
}
/// The same for a kernel that keeps nothing: f(i, at, count).
template <class T, class F>
void over_images(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const F& f) {
  over_images(
      cpu, images, stride, [&](std::int64_t i, std::int64_t at, auto count, Numbers<T>&) { f(i, at, count); },
      [](const Numbers<T>&) {});
}

/// The block at x as 64 numbers: where they are, or padded with 0 in `padded` if only `count` of them exist. Kernels of
/// several operands loop over blocks plainly: of Eigen's expressions the compiler makes vector code only as far as its
/// budget for inlining goes.
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
void write_block(T* y, Whole, const T* block) {
  for (int k = 0; k < block_size; ++k) y[k] = block[k];
}
template <class T>
void write_block(T* y, std::int64_t count, const T* block) {
  std::copy_n(block, count, y);
}

/// Normals at .. at + 63 of a stream; `at` is a multiple of 4.
template <class T>
Numbers<T> normal_block(const Stream& stream, std::int64_t at) {
  Numbers<float> z;
  fill_64_normals(z.data(), stream, std::uint32_t(at / 4));
  return z.template cast<T>();
}

/// z = N(0, 1) for images of `stride` elements whose streams differ by `images[i]`.
template <class T>
void normals(const Cpu<T>& cpu, std::span<const std::uint32_t> images, std::int64_t stride, const Stream& stream,
             T* z) {
  over_images(cpu, std::int64_t(images.size()), stride, [&](std::int64_t i, std::int64_t at, auto count) {
    Stream own = stream;
    own.image = images[std::size_t(i)];
    store_block(z + i * stride + at, count, normal_block<T>(own, at));
  });
}

/// z = a[i] x + b[i] y for image i.
template <class T>
void blend_images(const Cpu<T>& cpu, std::span<const double> a, std::span<const double> b, std::int64_t stride,
                  const T* x, const T* y, T* z) {
  over_images(cpu, std::int64_t(a.size()), stride, [&](std::int64_t i, std::int64_t at, auto count) {
    const std::int64_t from = i * stride + at;
    const T p = T(a[std::size_t(i)]), q = T(b[std::size_t(i)]);
    store_block<T>(z + from, count, p * load_block(x + from, count) + q * load_block(y + from, count));
  });
}

/// A network's output f as estimates of the clean image and of the noise, see EstimateRule; x0 or eps may be nullptr,
/// and may stand where x or f does. `bad` becomes 1 if f is not finite somewhere, else it is left as it is.
template <class T>
void estimates(const Cpu<T>& cpu, std::int64_t n, const EstimateRule& rule, const T* x, const T* f, T* x0, T* eps,
               std::int32_t* bad) {
  if (!all_finite(cpu, n, f)) *bad = 1;
  const T a = T(rule.a), b = T(rule.b), c = T(rule.c), d = T(rule.d), clip = T(rule.clip);
  over_images(cpu, 1, n, [&](std::int64_t, std::int64_t at, auto count) {
    const Numbers<T> xs = load_block(x + at, count), fs = load_block(f + at, count);
    if (eps) store_block<T>(eps + at, count, c * xs + d * fs);
    if (!x0) return;
    Numbers<T> estimate = a * xs + b * fs;
    if (clip > 0) estimate = estimate.max(-clip).min(clip);
    store_block<T>(x0 + at, count, estimate);
  });
}

/// Adds the terms and draws to the block at element `at` of image i.
template <class T, class Count>
void add_to_block(T* sum, std::span<const Term<T>> terms, std::span<const DrawTerm> draws, const DrawPlace& place,
                  std::int64_t i, std::int64_t at, std::int64_t stride, Count count) {
  for (const Term<T>& term : terms) {
    const T factor = T(term.coefficient);
    T padded[block_size];
    const T* values = whole_block(term.data + i * stride + at, count, padded);
    for (int k = 0; k < block_size; ++k) sum[k] += factor * values[k];
  }
  for (const DrawTerm& draw : draws) {
    const Stream stream{place.seed, place.first_image + std::uint32_t(i), place.step, draw.purpose};
    float z[block_size];
    fill_64_normals(z, stream, std::uint32_t(at / 4));
    const T factor = T(draw.coefficient);
    for (int k = 0; k < block_size; ++k) sum[k] += factor * T(z[k]);
  }
}

/// One step in one pass: the estimates that `rule` makes of x and the network's output f, and y = their share of `use`
/// and the sum of the terms and draws, over images of `stride` elements; y may be x, f or one of the terms. `bad` as in
/// `estimates`.
template <class T>
void combine_estimates(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, const EstimateRule& rule,
                       const T* x, const T* f, const EstimateUse<T>& use, std::span<const Term<T>> terms,
                       std::span<const DrawTerm> draws, const DrawPlace& place, T* y, std::int32_t* bad) {
  const T a = T(rule.a), b = T(rule.b), c = T(rule.c), d = T(rule.d), p = T(use.of_x0), q = T(use.of_eps);
  const T limit = rule.clip > 0 ? T(rule.clip) : std::numeric_limits<T>::infinity();
  const bool uses_eps = q != 0;
  const auto block = [=](std::int64_t i, std::int64_t at, auto count, Numbers<T>& nothing) {
    const std::int64_t from = i * stride + at;
    T padded_x[block_size], padded_f[block_size], sum[block_size];
    const T *xs = whole_block(x + from, count, padded_x), *fs = whole_block(f + from, count, padded_f);
    const auto x0 = [&](int k) {
      const T estimate = a * xs[k] + b * fs[k], above = estimate < -limit ? -limit : estimate;
      return above > limit ? limit : above;
    };
    for (int k = 0; k < block_size; ++k) {
      nothing[k] += T(0) * fs[k];  // 0 of finite numbers, NaN of the others
      sum[k] = p * x0(k) + (uses_eps ? q * (c * xs[k] + d * fs[k]) : T(0));
    }
    if (use.x0 || use.eps) {
      T kept[block_size], also[block_size];
      for (int k = 0; k < block_size; ++k) kept[k] = x0(k), also[k] = c * xs[k] + d * fs[k];
      if (use.x0) write_block(use.x0 + from, count, kept);
      if (use.eps) write_block(use.eps + from, count, also);
    }
    add_to_block(sum, terms, draws, place, i, at, stride, count);
    write_block(y + from, count, sum);
  };
  over_images(cpu, images, stride, block, [&](const Numbers<T>& nothing) {
    if (!(nothing == T(0)).all()) std::atomic_ref(*bad).store(1, std::memory_order_relaxed);
  });
}

/// y = the sum of the terms and draws, over images of `stride` elements; y may be one of the terms.
template <class T>
void combine(const Cpu<T>& cpu, std::int64_t images, std::int64_t stride, std::span<const Term<T>> terms,
             std::span<const DrawTerm> draws, const DrawPlace& place, T* y) {
  over_images(cpu, images, stride, [=](std::int64_t i, std::int64_t at, auto count) {
    T sum[block_size] = {};
    add_to_block(sum, terms, draws, place, i, at, stride, count);
    write_block(y + i * stride + at, count, sum);
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
