#pragma once
#include <algorithm>
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
  /// Pages that nobody touches cost nothing: large segments, of which blocks of all sizes can be cut.
  static constexpr std::size_t segment(std::size_t bytes, std::size_t held) {
    constexpr std::size_t page = 4096, least = std::size_t(1) << 20, most = std::size_t(1) << 28;
    return (bytes + std::clamp(held / 2, least, most) + page - 1) / page * page;
  }

 private:
  static constexpr std::align_val_t line{64};
};

/// The caching allocator of the CPU backend; there is one, `shared()`.
using CpuMemory = CachingMemory<HostMemory>;

}  // namespace HUSH_CPU_ABI
}  // namespace hush
