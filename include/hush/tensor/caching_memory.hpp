#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <hush/errors.hpp>
#include <hush/tensor/memory_pool.hpp>

namespace hush {

/// Bytes that tensors use now, bytes asked of the system and not given back, and the most that were ever in use, or
/// since `reset_peak`.
struct MemoryUse {
  std::size_t in_use = 0, held = 0, peak = 0;
  std::int64_t system_calls = 0;  // segments ever asked of the system
};

/// A caching allocator. It cuts the blocks of tensors out of segments of the system's memory: a tensor gets the
/// smallest free block that is large enough, less what it does not need, and free neighbours become one, so that a
/// training or sampling loop asks the system for memory in its first round only, and for hardly more than it uses at a
/// time. Thread safe. `Source` is the system: `take(bytes)` (nullptr: exhausted), `give(segment, bytes)`, `words()`
/// (its part of the message of OutOfMemory); it may have a `grain`, what blocks are multiples of (64 bytes without it),
/// and a `segment(bytes, held)`, how much to ask for so many bytes where so many are held (as many without it).
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
    std::shared_ptr<Pool> pool;
    Block* block;
    {
      const std::lock_guard lock(mutex_);
      pool = pool_;
      block = take(*pool, rounded(bytes));
    }
    return {block->at, [this, block, pool](std::byte*) { give(*pool, block); }};
  }
  MemoryUse use() const {
    const std::lock_guard lock(mutex_);
    return use_;
  }
  /// The peak is what is in use now.
  void reset_peak() {
    const std::lock_guard lock(mutex_);
    use_.peak = use_.in_use;
  }
  /// Gives every segment that no tensor uses back to the system.
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
  using Pool = detail::MemoryPool;
  std::shared_ptr<Pool> pool() {
    return {new Pool, [this](Pool* pool) {
              const std::lock_guard lock(mutex_);
              pool->forget_all(released());
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
  using Block = Pool::Block;
  static constexpr std::size_t most = std::size_t(1) << 40;  // no tensor has more bytes
  static constexpr std::size_t grain = [] {
    if constexpr (requires { Source::grain; })
      return Source::grain;
    else
      return 64;
  }();

  std::size_t rounded(std::size_t bytes) const {
    if (bytes > most) return bytes;  // absurd, and `fresh` refuses it
    const std::size_t least = std::max<std::size_t>(1, bytes);
    return keep_ ? (least + grain - 1) / grain * grain : least;
  }
  Block* take(Pool& pool, std::size_t size) {
    Block* block = nullptr;
    if (fail_at_ < 0 || fail_at_-- > 0) {
      if (keep_ || &pool != main_.get()) block = pool.take(size, grain);
      if (!block && !(block = fresh(pool, size))) {
        trim_locked();
        block = fresh(pool, size);
      }
    } else {
      fail_at_ = 0;
    }
    if (!block)
      throw OutOfMemory(to_text("[memory] wanted ", size, " bytes; ", use_.in_use, " are in use by tensors, ",
                                use_.held, " are held in all", source_.words(), ". Try a smaller batch."));
    use_.in_use += block->size;
    use_.peak = std::max(use_.peak, use_.in_use);
    return block;
  }
  /// A block of a new segment: of one with room for more, if the system has it and blocks are kept.
  Block* fresh(Pool& pool, std::size_t size) {
    if (size > most) return nullptr;
    if constexpr (requires { Source::segment(size, size); })
      if (keep_ && grow(pool, std::max(size, Source::segment(size, use_.held)))) return pool.take(size, grain);
    return grow(pool, size) ? pool.take(size, grain) : nullptr;
  }
  /// Whether the system had a segment of so many bytes, which is a free block then.
  bool grow(Pool& pool, std::size_t size) {
    std::byte* segment = source_.take(size);
    if (!segment) return false;
    Block* block = pool.adopt(segment, size);
    if (!block) {
      source_.give(segment, size);
      return false;
    }
    pool.give(block);
    use_.held += size;
    ++use_.system_calls;
    return true;
  }
  void give(Pool& pool, Block* block) noexcept {
    const std::lock_guard lock(mutex_);
    use_.in_use -= block->size;
    block = pool.give(block);
    // A block of a graph returns to its pool in any case.
    if (!keep_ && &pool == main_.get() && block->whole()) pool.forget(block, released());
  }
  void trim_locked() { main_->forget_all(released()); }
  auto released() {
    return [this](std::byte* segment, std::size_t size) {
      use_.held -= size;
      source_.give(segment, size);
    };
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
