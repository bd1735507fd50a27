#pragma once
#include <cstddef>
#include <cstdlib>
#include <string>

#include <hush/host_device.hpp>
#include <hush/tensor/caching_memory.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// The system's memory, 64-byte aligned.
struct HostMemory {
  std::byte* take(std::size_t bytes) const { return static_cast<std::byte*>(std::aligned_alloc(64, bytes)); }
  void give(std::byte* block, std::size_t) const noexcept { std::free(block); }
  std::string words() const { return {}; }
};

/// The caching allocator of the CPU backend; there is one, `shared()`.
using CpuMemory = CachingMemory<HostMemory>;

}  // namespace HUSH_CPU_ABI
}  // namespace hush
