#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>

#include <hush/cuda/team/team.hpp>
#include <hush/tensor/bf16.hpp>
#include <hush/tensor/caching_memory.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

class Device;

/// The CUDA backend: a handle that every tensor carries and every kernel takes first. Precision is float (true fp32),
/// tf32 (the same numbers; matrix products may round their factors to TF32) or bf16 (activations and matrix products in
/// bfloat16; parameters, statistics, softmax and losses in float). All work on a handle's stream is in order; `stream`
/// numbers the library's streams of a device, from 0. Runs repeat bit for bit on one device unless `fast`, which also
/// allows algorithms whose sums depend on timing. Machine is what runs it: a GPU, or in tests a host
/// (cuda/team/host_gpu.hpp).
template <class Precision, class Machine = Device>
struct Cuda {
  using precision = Precision;
  using machine_type = Machine;
  using scalar = std::conditional_t<std::is_same_v<Precision, bf16>, bf16, float>;
  using master = float;
  using full = Cuda<float, Machine>;
  static constexpr bool has_fused_norms = true, has_residual_products = true, has_concat_upsample = true;
  static constexpr bool has_batched_adds = true, has_graphs = true, has_async_copies = true;
  static constexpr bool profiled = std::is_same_v<Machine, Device>;
  int device = 0, stream = 0;
  bool fast = false;

  full in_full() const { return {device, stream, fast}; }
  /// The stream that this handle's work is queued on. Throws CudaError if there is no such device.
  Machine& machine() const { return Machine::at(device, stream); }

  /// Throws OutOfMemory, CudaError.
  template <class U>
  std::shared_ptr<U[]> allocate(std::int64_t count) const {
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    const std::size_t bytes = std::size_t(count) > most / sizeof(U) ? most : std::size_t(count) * sizeof(U);
    const auto block = machine().memory().allocate(bytes);
    return std::shared_ptr<U[]>(block, reinterpret_cast<U*>(block.get()));
  }
  bool operator==(const Cuda&) const = default;
};

/// The type of a Cuda backend's activations.
template <class Precision>
using ScalarOf = typename Cuda<Precision>::scalar;

/// Queues a kernel: `body` run by the teams of `grid`. Nothing is done for no teams.
template <class P, class M, class Body>
void launch(const Cuda<P, M>& on, const Body& body, const TeamGrid& grid) {
  if (grid.teams > 0) on.machine().launch(body, grid);
}

/// Waits until all that was queued on this handle's stream is done. Throws CudaError for what went wrong meanwhile.
template <class P, class M>
void synchronise(const Cuda<P, M>& on) {
  on.machine().synchronise();
}

/// Bytes that tensors on this handle's stream use and used; `trim` gives the unused ones back to the device.
template <class P, class M>
MemoryUse memory_use(const Cuda<P, M>& on) {
  return on.machine().memory().use();
}
template <class P, class M>
void reset_memory_peak(const Cuda<P, M>& on) {
  on.machine().memory().reset_peak();
}
template <class P, class M>
void trim(const Cuda<P, M>& on) {
  on.machine().synchronise();
  on.machine().memory().trim();
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
