#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hush/errors.hpp>

namespace hush {

/// Bytes that tensors use now, bytes held in all (in use or kept for later), and the most that were ever in use.
struct MemoryUse {
  std::size_t in_use = 0, held = 0, peak = 0;
  std::int64_t system_calls = 0;  // blocks ever asked of the system
};

/// A caching allocator: a freed block waits in a list of its size for the next tensor, so that a training or sampling
/// loop asks the system for memory in its first round only. Thread safe. `Source` is the system: `take(bytes)`
/// (nullptr: exhausted), `give(block, bytes)`, `words()` (its part of the message of OutOfMemory).
template <class Source>
class CachingMemory {
 public:
  explicit CachingMemory(Source source = {}) : source_(std::move(source)) {}
  /// The instance that the whole program shares. It is never destroyed: static tensors may be freed after it would be.
  static CachingMemory& shared() {
    static auto* memory = new CachingMemory;
    return *memory;
  }
  CachingMemory(const CachingMemory&) = delete;
  CachingMemory& operator=(const CachingMemory&) = delete;
  ~CachingMemory() { trim(); }

  /// At least `bytes` bytes, aligned as the source aligns. Throws OutOfMemory when the system has no more, after giving
  /// back what is not in use.
  std::shared_ptr<std::byte[]> allocate(std::size_t bytes) {
    std::size_t size;
    std::shared_ptr<Pool> pool;
    std::byte* block;
    {
      const std::lock_guard lock(mutex_);
      size = rounded(bytes);
      pool = pool_;
      block = take(*pool, size);
    }
    return {block, [this, size, pool](std::byte* p) { give(*pool, p, size); }};
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
  /// Whether freed blocks are kept. Off, each tensor is a system allocation of its own and of its exact size: what
  /// address sanitizers want.
  void keep_blocks(bool keep) {
    const std::lock_guard lock(mutex_);
    keep_ = keep;
    if (!keep) trim_locked();
  }
  /// From the n-th allocation on (0: the next), `allocate` throws as if memory were exhausted; negative: never. For
  /// tests.
  void fail_at(std::int64_t n) {
    const std::lock_guard lock(mutex_);
    fail_at_ = n;
  }

  /// A separate pool of blocks, for allocations made while an `Apart` of it lives; it is kept until the Pool and all
  /// its blocks are released. A recorded graph holds the addresses of its blocks, so no other tensor may get them.
  using Pool = std::map<std::size_t, std::vector<std::byte*>>;
  std::shared_ptr<Pool> pool() {
    return {new Pool, [this](Pool* pool) {
              const std::lock_guard lock(mutex_);
              release(*pool);
              delete pool;
            }};
  }
  class Apart {
   public:
    Apart(CachingMemory& memory, std::shared_ptr<Pool> pool)
        : memory_(memory), outer_(memory.exchange(std::move(pool))) {}
    Apart(const Apart&) = delete;
    Apart& operator=(const Apart&) = delete;
    ~Apart() { memory_.exchange(std::move(outer_)); }

   private:
    CachingMemory& memory_;
    std::shared_ptr<Pool> outer_;
  };

 private:
  static constexpr std::size_t smallest = 64;
  static constexpr std::size_t most = std::size_t(1) << 40;  // no tensor has more bytes

  /// Sizes of eight to an octave, so that nearly equal tensors share blocks.
  std::size_t rounded(std::size_t bytes) const {
    if (bytes > most) return bytes;  // absurd, and `fresh` refuses it
    if (!keep_) return std::max<std::size_t>(1, bytes);
    const std::size_t step = std::max(smallest, std::bit_floor(bytes | 1) / 8);
    return std::max(smallest, (bytes + step - 1) / step * step);
  }
  std::byte* take(Pool& pool, std::size_t size) {
    std::byte* block = nullptr;
    if (fail_at_ < 0 || fail_at_-- > 0) {
      auto& list = pool[size];
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
      throw OutOfMemory(to_text("[memory] wanted ", size, " bytes; ", use_.in_use, " are in use by tensors, ",
                                use_.held, " are held in all", source_.words(), ". Try a smaller batch."));
    use_.in_use += size;
    use_.peak = std::max(use_.peak, use_.in_use);
    return block;
  }
  std::byte* fresh(std::size_t size) {
    if (size > most) return nullptr;
    std::byte* block = source_.take(size);
    if (block) {
      use_.held += size;
      ++use_.system_calls;
    }
    return block;
  }
  void give(Pool& pool, std::byte* block, std::size_t size) noexcept {
    const std::lock_guard lock(mutex_);
    use_.in_use -= size;
    if (keep_ || &pool != main_.get()) {  // a block of a graph returns to its pool in any case
      try {
        pool[size].push_back(block);
        return;
      } catch (const std::bad_alloc&) {  // no room for the note: give the block itself back
      }
    }
    use_.held -= size;
    source_.give(block, size);
  }
  void trim_locked() { release(*main_); }
  void release(Pool& pool) noexcept {
    for (auto& [size, list] : pool) {
      for (std::byte* block : list) {
        use_.held -= size;
        source_.give(block, size);
      }
      list.clear();
    }
  }
  std::shared_ptr<Pool> exchange(std::shared_ptr<Pool> pool) {
    const std::lock_guard lock(mutex_);
    return std::exchange(pool_, std::move(pool));
  }

  mutable std::mutex mutex_;
  Source source_;
  std::shared_ptr<Pool> main_ = std::make_shared<Pool>(), pool_ = main_;
  MemoryUse use_;
  bool keep_ = true;
  std::int64_t fail_at_ = -1;
};

}  // namespace hush
