#pragma once
#include <algorithm>
#include <cstddef>
#include <functional>
#include <new>
#include <vector>

namespace hush::detail {

/// Blocks of memory cut out of segments. A segment is one piece of the system's memory; its blocks lie side by side,
/// and two free neighbours become one. It asks the system for nothing itself.
class MemoryPool {
 public:
  struct Block {
    std::byte* at = nullptr;
    std::size_t size = 0;
    Block *before = nullptr, *after = nullptr;  // the neighbours in the segment
    bool free = false;
    bool whole() const { return !before && !after; }
  };

  MemoryPool() = default;
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  /// The smallest free block of at least `size` bytes, the first in memory among equals, without what it has more than
  /// those if that is a multiple of `grain`; nullptr where there is none.
  Block* take(std::size_t size, std::size_t grain) {
    Block wanted;
    wanted.size = size;
    const auto found = std::lower_bound(free_.begin(), free_.end(), &wanted, smaller);
    if (found == free_.end()) return nullptr;
    Block* block = *found;
    free_.erase(found);
    block->free = false;
    const std::size_t rest = block->size - size;
    if (rest == 0 || rest % grain != 0) return block;
    Block* end = made({block->at + size, rest, block, block->after});
    if (!end) return block;
    if (end->after) end->after->before = end;
    block->after = end;
    block->size = size;
    insert(end);
    return block;
  }
  /// A block that is a segment of its own, in use; nullptr if there is no memory for the note of it.
  Block* adopt(std::byte* segment, std::size_t size) { return made({segment, size, nullptr, nullptr}); }
  /// Takes a block back, and gives the free block that it is now part of.
  Block* give(Block* block) noexcept {
    if (Block* next = block->after; next && next->free) {
      remove(next);
      merge(block, next);
    }
    if (Block* last = block->before; last && last->free) {
      remove(last);
      merge(last, block);
      block = last;
    }
    insert(block);
    return block;
  }
  /// Forgets a free block that is whole, and calls release(at, size) with its memory.
  template <class Release>
  void forget(Block* block, const Release& release) noexcept {
    remove(block);
    release(block->at, block->size);
    drop(block);
  }
  /// The same for all free blocks that are whole.
  template <class Release>
  void forget_all(const Release& release) noexcept {
    for (std::size_t i = free_.size(); i-- > 0;)
      if (free_[i]->whole()) forget(free_[i], release);
  }

 private:
  static bool smaller(const Block* a, const Block* b) {
    return a->size != b->size ? a->size < b->size : std::less<const std::byte*>()(a->at, b->at);
  }
  std::vector<Block*>::iterator place(Block* block) {
    return std::lower_bound(free_.begin(), free_.end(), block, smaller);
  }
  void remove(Block* block) {
    free_.erase(place(block));
    block->free = false;
  }
  void insert(Block* block) {
    free_.insert(place(block), block);  // there is room: see `made`
    block->free = true;
  }
  void merge(Block* block, Block* next) {
    block->size += next->size;
    block->after = next->after;
    if (block->after) block->after->before = block;
    drop(next);
  }
  /// A new note, with room in the list of free blocks for it, so that `give` cannot fail.
  Block* made(const Block& like) {
    try {
      if (free_.capacity() <= blocks_) free_.reserve(2 * blocks_ + 16);
    } catch (const std::bad_alloc&) { return nullptr; }
    auto* block = new (std::nothrow) Block(like);
    blocks_ += block != nullptr;
    return block;
  }
  void drop(Block* block) {
    delete block;
    --blocks_;
  }

  std::vector<Block*> free_;  // by size, then by address
  std::size_t blocks_ = 0;    // of all segments, free or not
};

}  // namespace hush::detail
