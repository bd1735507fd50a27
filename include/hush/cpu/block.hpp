#pragma once
#include <Eigen/Core>
#include <algorithm>
#include <cstdint>

#include <hush/cpu/cpu.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The block size of elementwise kernels, and the numbers of a task.
inline constexpr std::int64_t block_size = 64;
inline constexpr std::int64_t numbers_a_task = 256 * block_size;

/// 64 numbers. Kernels work on whole blocks only and pad the last one, so that a number's result never depends on its
/// position in the array.
template <class T>
using Numbers = Eigen::Array<T, int(block_size), 1>;

/// In place of a count: all numbers of the block exist. The compiler then keeps blocks in registers.
struct Whole {};

template <class T>
Numbers<T> load_block(const T* x, Whole = {}) {
  return Eigen::Map<const Numbers<T>>(x);
}
template <class T>
void store_block(T* y, Whole, const Numbers<T>& block) {
  Eigen::Map<Numbers<T>>{y} = block;
}

/// The block at x, of which `count` numbers exist; `padding` stands for the rest.
template <class T>
Numbers<T> load_block(const T* x, std::int64_t count, T padding = T(0)) {
  Numbers<T> block;
  if (count >= block_size) {
    block = Eigen::Map<const Numbers<T>>(x);
  } else {
    block.setConstant(padding);
    std::copy_n(x, count, block.data());
  }
  return block;
}

/// Writes the first `count` numbers of a block (all of them if there are as many).
template <class T>
void store_block(T* y, std::int64_t count, const Numbers<T>& block) {
  if (count >= block_size)
    Eigen::Map<Numbers<T>>{y} = block;
  else
    std::copy_n(block.data(), count, y);
}

}  // namespace cpu_detail

/// y = f(x...) for arrays of n numbers, where f makes a block from blocks.
template <class T, class F, class... X>
void map_blocks(const Cpu<T>& cpu, std::int64_t n, T* y, const F& f, const X*... x) {
  parallel(cpu, (n + cpu_detail::numbers_a_task - 1) / cpu_detail::numbers_a_task, [&](std::int64_t task) {
    const std::int64_t end = std::min(n, (task + 1) * cpu_detail::numbers_a_task);
    for (std::int64_t i = task * cpu_detail::numbers_a_task; i < end; i += cpu_detail::block_size) {
      const cpu_detail::Numbers<T> block = f(cpu_detail::load_block(x + i, end - i)...);
      cpu_detail::store_block(y + i, end - i, block);
    }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
