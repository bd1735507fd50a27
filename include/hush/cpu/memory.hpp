#pragma once
#include <cstddef>
#include <new>
#include <string>

#include <hush/host_device.hpp>
#include <hush/tensor/caching_memory.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// The system's memory, 64-byte aligned.
struct HostMemory {
  std::byte* take(std::size_t bytes) const {
    return static_cast<std::byte*>(::operator new(bytes, line, std::nothrow));
  }
  void give(std::byte* block, std::size_t) const noexcept { ::operator delete(block, line); }
  std::string words() const { return {}; }

 private:
  static constexpr std::align_val_t line{64};
};

/// The caching allocator of the CPU backend; there is one, `shared()`.
using CpuMemory = CachingMemory<HostMemory>;

}  // namespace HUSH_CPU_ABI
}  // namespace hush
