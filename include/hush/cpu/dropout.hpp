#pragma once
#include <cstdint>

#include <hush/cpu/block.hpp>
#include <hush/random/philox.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = x / (1 - rate) for elements that are kept, else 0: element e of image i is kept if its uniform number in the
/// image's stream is above `rate`. x is [batch, size]; `images` are the image numbers of the streams. The gradient is
/// the same function of dy.
template <class T>
void dropout(const Cpu<T>& cpu, std::int64_t batch, std::int64_t size, double rate, const Stream& stream,
             const std::uint32_t* images, const T* x, T* y) {
  const T grown = T(1 / (1 - rate));
  // uniform01(word) > rate, in whole numbers: (word >> 8) + 1 > rate * 2^24
  const std::uint32_t least = std::uint32_t(rate * 0x1p24);
  const std::int64_t tasks = (size + cpu_detail::numbers_a_task - 1) / cpu_detail::numbers_a_task;
  parallel(cpu, batch * tasks, [&](std::int64_t task) {
    const std::int64_t image = task / tasks, first = task % tasks * cpu_detail::numbers_a_task;
    const Stream own{stream.seed, images[image], stream.step, stream.purpose};
    for (std::int64_t at = first; at < std::min(size, first + cpu_detail::numbers_a_task);
         at += cpu_detail::block_size) {
      constexpr std::int64_t lanes = cpu_detail::block_size / 4;
      std::uint32_t words[4][lanes];
      T kept[4][lanes];
      for (std::uint32_t i = 0; i < lanes; ++i) {
        const Words w = random_words(own, std::uint32_t(at / 4) + i);
        words[0][i] = w.x;
        words[1][i] = w.y;
        words[2][i] = w.z;
        words[3][i] = w.w;
      }
      for (std::int64_t k = 0; k < 4; ++k)
        for (std::int64_t i = 0; i < lanes; ++i) kept[k][i] = (words[k][i] >> 8) >= least ? grown : T(0);
      cpu_detail::Numbers<T> factors;
      for (std::int64_t i = 0; i < lanes; ++i)
        for (std::int64_t k = 0; k < 4; ++k) factors[4 * i + k] = kept[k][i];
      const std::int64_t from = image * size + at;
      cpu_detail::store_block<T>(y + from, size - at, cpu_detail::load_block(x + from, size - at) * factors);
    }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
