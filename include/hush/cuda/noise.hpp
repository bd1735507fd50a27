#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <hush/cuda/team/pieces.hpp>
#include <hush/random/normal.hpp>

// What differs from image to image travels with the launch: nothing is uploaded, and a recorded graph keeps it.
namespace hush {
inline namespace HUSH_CUDA_ABI {

/// How many images a launch tells apart; larger batches take several.
inline constexpr std::int64_t images_a_launch = 64;

namespace bodies {
/// Numbers `at` to `at` + 7 of a stream of normals; `at` is a multiple of 4.
HUSH_HOST_DEVICE inline Vec8 eight_normals(const Stream& stream, std::int64_t at) {
  Vec8 z;
  for (int half = 0; half < 2; ++half) {
    const Words words = random_words(stream, std::uint32_t(at / 4 + half));
    const NormalPair a = box_muller(words.x, words.y), b = box_muller(words.z, words.w);
    z.v[4 * half] = a.first;
    z.v[4 * half + 1] = a.second;
    z.v[4 * half + 2] = b.first;
    z.v[4 * half + 3] = b.second;
  }
  return z;
}

/// Body: z = N(0, 1) for images of their own streams.
template <class T>
struct Normals {
  Pieces pieces;
  Stream stream;
  T* z;
  std::uint32_t images[images_a_launch];

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      Stream own = stream;
      own.image = images[image];
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size())
        eight_normals(own, i).store(z + from + i, end - i);
    }
  }
};
/// Body: z = a[image] x + b[image] y.
template <class T>
struct BlendImages {
  Pieces pieces;
  const T *x, *y;
  T* z;
  float a[images_a_launch], b[images_a_launch];

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      const float p = a[image], q = b[image];
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size()) {
        Vec8 v = Vec8::load(x + from + i, end - i);
        const Vec8 other = Vec8::load(y + from + i, end - i);
        for (int k = 0; k < 8; ++k) v.v[k] = std::fma(p, v.v[k], q * other.v[k]);
        v.store(z + from + i, end - i);
      }
    }
  }
};
}  // namespace bodies

/// z = N(0, 1) for images of `stride` elements whose streams differ by `images[i]`: the CPU's floats.
template <class P, class M, class T>
void normals(const Cuda<P, M>& on, std::span<const std::uint32_t> images, std::int64_t stride, const Stream& stream,
             T* z) {
  const auto all = std::int64_t(images.size());
  for (std::int64_t first = 0; first < all; first += images_a_launch) {
    const std::int64_t count = std::min(all - first, images_a_launch);
    bodies::Normals<T> body{{count, stride}, stream, z + first * stride, {}};
    std::copy_n(images.begin() + first, count, body.images);
    launch(on, body, body.pieces.grid());
  }
}

/// z = a[i] x + b[i] y for image i.
template <class P, class M, class T>
void blend_images(const Cuda<P, M>& on, std::span<const double> a, std::span<const double> b, std::int64_t stride,
                  const T* x, const T* y, T* z) {
  const auto all = std::int64_t(a.size());
  for (std::int64_t first = 0; first < all; first += images_a_launch) {
    const std::int64_t count = std::min(all - first, images_a_launch), at = first * stride;
    bodies::BlendImages<T> body{{count, stride}, x + at, y + at, z + at, {}, {}};
    for (std::int64_t i = 0; i < count; ++i) {
      body.a[i] = float(a[std::size_t(first + i)]);
      body.b[i] = float(b[std::size_t(first + i)]);
    }
    launch(on, body, body.pieces.grid());
  }
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
