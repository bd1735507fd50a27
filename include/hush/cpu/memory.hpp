#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <hush/errors.hpp>
#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Bytes that tensors use now, bytes held in all (in use or kept for later), and the most that were ever in use.
struct MemoryUse {
  std::size_t in_use = 0, held = 0, peak = 0;
  std::int64_t system_calls = 0;  // blocks ever asked of the system
};

/// The caching allocator of the CPU backend, 64-byte aligned: a freed block waits in a list of its size for the next
/// tensor, so that a training or sampling loop asks the system for memory in its first round only. Thread safe.
class CpuMemory {
 public:
  static CpuMemory& shared() {
    static CpuMemory* memory = new CpuMemory;  // never destroyed: tensors in statics may be freed after it would be
    return *memory;
  }

  /// At least `bytes` bytes. Throws OutOfMemory when the system has no more, after giving back what is not in use.
  std::shared_ptr<std::byte[]> allocate(std::size_t bytes) {
    const std::size_t size = rounded(bytes);
    std::byte* block = take(size);
    return {block, [this, size](std::byte* p) { give(p, size); }};
  }
  MemoryUse use() const {
    const std::lock_guard lock(mutex_);
    return use_;
  }
  /// Gives every block that no tensor uses back to the system.
  void trim() {
    const std::lock_guard lock(mutex_);
    trim_locked();
  }
  /// Whether freed blocks are kept. Off, each tensor is a system allocation of its own: what address sanitizers want.
  void keep_blocks(bool keep) {
    const std::lock_guard lock(mutex_);
    keep_ = keep;
    if (!keep) trim_locked();
  }
  /// From the n-th allocation on (0: the next), memory is said to be exhausted; negative: never. For tests.
  void fail_at(std::int64_t n) {
    const std::lock_guard lock(mutex_);
    fail_at_ = n;
  }

 private:
  static constexpr std::size_t alignment = 64;
  static constexpr std::size_t most = std::size_t(1) << 40;  // no tensor has more bytes

  /// Sizes of eight to an octave, so that nearly equal tensors share blocks.
  std::size_t rounded(std::size_t bytes) const {
    if (bytes > most) return bytes;  // absurd, and `fresh` refuses it
    const std::size_t step = std::max(alignment, std::bit_floor(bytes | 1) / 8);
    return std::max(alignment, (bytes + step - 1) / step * step);
  }
  std::byte* take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    std::byte* block = nullptr;
    if (fail_at_ < 0 || fail_at_-- > 0) {
      auto& list = free_[size];
      if (!list.empty()) {
        block = list.back();
        list.pop_back();
      } else if (!(block = fresh(size))) {
        trim_locked();
        block = fresh(size);
      }
    } else {
      fail_at_ = 0;
    }
    if (!block)
      throw OutOfMemory(words("[memory] wanted ", size, " bytes; ", use_.in_use, " are in use by tensors, ", use_.held,
                              " are held in all. Try a smaller batch."));
    use_.in_use += size;
    use_.peak = std::max(use_.peak, use_.in_use);
    return block;
  }
  std::byte* fresh(std::size_t size) {
    if (size > most) return nullptr;
    auto* block = static_cast<std::byte*>(std::aligned_alloc(alignment, size));
    if (block) use_.held += size, ++use_.system_calls;
    return block;
  }
  void give(std::byte* block, std::size_t size) noexcept {
    const std::lock_guard lock(mutex_);
    use_.in_use -= size;
    if (keep_) {
      try {
        free_[size].push_back(block);
        return;
      } catch (const std::bad_alloc&) {  // no room for the note: give the block itself back
      }
    }
    use_.held -= size;
    std::free(block);
  }
  void trim_locked() {
    for (auto& [size, list] : free_) {
      for (std::byte* block : list) use_.held -= size, std::free(block);
      list.clear();
    }
  }

  mutable std::mutex mutex_;
  std::map<std::size_t, std::vector<std::byte*>> free_;
  MemoryUse use_;
  bool keep_ = true;
  std::int64_t fail_at_ = -1;
};

}  // namespace HUSH_CPU_ABI
}  // namespace hush
