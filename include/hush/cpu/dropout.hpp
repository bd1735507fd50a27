#pragma once
#include <cstdint>

#include <hush/cpu/cpu.hpp>
#include <hush/tensor/random.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = x / (1 - rate) where the image's own stream says stay, else 0: element e of image i stays if its uniform number
/// is above `rate`. x is [batch, size]; `images` names the stream of each image. The gradient is the same function of
/// dy.
template <class T>
void dropout(const Cpu<T>& cpu, std::int64_t batch, std::int64_t size, double rate, const Stream& stream,
             const std::uint32_t* images, const T* x, T* y) {
  const T grown = T(1 / (1 - rate));
  parallel(cpu, batch, [&](std::int64_t image) {
    const Stream own{stream.seed, images[image], stream.step, stream.purpose};
    for (std::int64_t i = 0; i < size; i += 4) {
      const Words words = random_words(own, std::uint32_t(i / 4));
      const std::uint32_t four[4] = {words.x, words.y, words.z, words.w};
      for (std::int64_t j = i; j < std::min(size, i + 4); ++j)
        y[image * size + j] = double(uniform01(four[j - i])) > rate ? x[image * size + j] * grown : T(0);
    }
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
