#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>

#include <hush/cpu/normals.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/packet.hpp>

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

}  // namespace HUSH_CPU_ABI
}  // namespace hush
