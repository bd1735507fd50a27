#pragma once
#include <cstdint>

#include <hush/cuda/team/pieces.hpp>
#include <hush/random/philox.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: y = x grown or 0, as the image's own stream says: number e stays if the upper 24 bits of word e are at least
/// `least`.
template <class T>
struct DropOut {
  Pieces pieces;
  float grown;
  std::uint32_t least;
  Stream stream;
  const std::uint32_t* images;
  const T* x;
  T* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      Stream own = stream;
      own.image = images[image];
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size()) {
        Vec8 v = Vec8::load(x + from + i, end - i);
        for (int quad = 0; quad < 2; ++quad) {
          const Words words = random_words(own, std::uint32_t(i / 4 + quad));
          v.v[4 * quad] *= factor(words.x);
          v.v[4 * quad + 1] *= factor(words.y);
          v.v[4 * quad + 2] *= factor(words.z);
          v.v[4 * quad + 3] *= factor(words.w);
        }
        v.store(y + from + i, end - i);
      }
    }
  }
  HUSH_HOST_DEVICE float factor(std::uint32_t word) const { return (word >> 8) >= least ? grown : 0.f; }
};
}  // namespace bodies
/// y = x / (1 - rate) where the image's own stream says stay, else 0: element e of image i stays if its uniform number
/// is above `rate`. x is [batch, size]; `images` names the stream of each image, in the backend's memory. The gradient
/// is the same function of dy. The same numbers stay on every backend.
template <class P, class M, class T>
void dropout(const Cuda<P, M>& on, std::int64_t batch, std::int64_t size, double rate, const Stream& stream,
             const std::uint32_t* images, const T* x, T* y) {
  const Pieces pieces{batch, size};
  // uniform01(word) > rate, in whole numbers: (word >> 8) + 1 > rate * 2^24
  const std::uint32_t least = std::uint32_t(rate * 0x1p24);
  launch(on, bodies::DropOut<T>{pieces, float(1 / (1 - rate)), least, stream, images, x, y}, pieces.grid());
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
