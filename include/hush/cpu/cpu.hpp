#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

#include <hush/cpu/memory.hpp>
#include <hush/cpu/packed_weights.hpp>
#include <hush/cpu/threads.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// How large the tiles of Winograd's minimal filtering may be, in pixels: see `Cpu`.
enum class Winograd { none, f2x2, f4x4 };

/// The CPU backend: a handle that every tensor carries and every kernel takes first. `T` is float, or double for
/// gradient checks. Results never depend on `threads`; 0 means as many as the machine has. The first kernel throws
/// std::invalid_argument for a number below 0 or above 4096.
///
/// Convolutions of 3 x 3 and stride 1 take minimal filtering where it is faster: in tiles of 2 x 2 pixels, or, with
/// weights that `ComputeCopies` keeps, of 4 x 4, which in floats err about twice as much as sums of products do
/// (docs/decisions/0015). `winograd` forbids the larger ones, or all.
template <class T>
struct Cpu {
  using scalar = T;
  using master = T;
  using full = Cpu;
  static constexpr bool has_host_kernels = true;
  static constexpr bool has_host_memory = true;
  static constexpr bool has_image_parts = true;
  static constexpr bool has_packed_weights = true;
  static constexpr bool has_residual_products = true;
  static constexpr bool has_recomputing = true;
  int threads = 0;
  Winograd winograd = Winograd::f4x4;

  Cpu in_full() const { return *this; }
  template <class U>
  std::shared_ptr<U[]> allocate(std::int64_t count) const {
    const auto bytes = std::size_t(count) > std::numeric_limits<std::size_t>::max() / sizeof(U)
                           ? std::numeric_limits<std::size_t>::max()
                           : std::size_t(count) * sizeof(U);
    const auto block = CpuMemory::shared().allocate(bytes);
    return std::shared_ptr<U[]>(block, reinterpret_cast<U*>(block.get()));
  }
  bool operator==(const Cpu&) const = default;
};

/// Bytes that tensors of the CPU use and used, of all handles together.
template <class T>
MemoryUse memory_use(const Cpu<T>&) {
  return CpuMemory::shared().use();
}
/// The peak of memory_use is what is in use now.
template <class T>
void reset_memory_peak(const Cpu<T>&) {
  CpuMemory::shared().reset_peak();
}

/// Runs task(i) for i in [0, tasks) on the backend's threads. A task writes only what is its own, and what it computes
/// is a function of i alone.
template <class T, class Task>
void parallel(const Cpu<T>& cpu, std::int64_t tasks, const Task& task) {
  ThreadPool::shared().run(cpu_detail::threads_of(cpu.threads), tasks, task);
}

/// Between these two calls nobody writes a weight, so that products may pack it once.
template <class T>
void keep_packed(const Cpu<T>&, const T* weight) {
  PackedWeights::shared().keep(weight);
}
template <class T>
void drop_packed(const Cpu<T>&, const T* weight) {
  PackedWeights::shared().drop(weight);
}

/// How many images of `pixels` pixels a block of layers takes at a time in inference, for `wanted` pixels a thread or
/// somewhat less: what it makes of them stays in the caches. As many with one thread as with two.
template <class T>
std::int64_t images_a_part(const Cpu<T>& cpu, std::int64_t pixels, std::int64_t wanted) {
  return std::max<std::int64_t>(
      1, wanted * std::max(2, cpu_detail::threads_of(cpu.threads)) / std::max<std::int64_t>(1, pixels));
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
