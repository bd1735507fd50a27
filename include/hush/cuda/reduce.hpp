#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/map.hpp>
#include <hush/cuda/team/pieces.hpp>

// Sums in two stages: pieces by teams, then their sums in order. Members add eight numbers in float and these sums in
// double. The result depends on the sizes alone, not on who came first.
namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// A summand f(a, b) with f(0, 0) = 0: a.
struct ItselfOf {
  HUSH_HOST_DEVICE float operator()(float a, float) const { return a; }
};
/// A summand: (a - b)^2.
struct SquaredDifference {
  HUSH_HOST_DEVICE float operator()(float a, float b) const { return (a - b) * (a - b); }
};

/// Body: sums[piece] = the sum of f(a, b) over a piece; b may be nullptr, f then sees 0.
template <class F, class A, class B>
struct SumPieces {
  F f;
  Pieces pieces;
  const A* a;
  const B* b;
  double* sums;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece) * pieces.size, end = pieces.end(piece);
      double sum = 0;
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size()) {
        const Vec8 p = Vec8::load(a + image + i, end - i);
        Vec8 q{};
        if (b) q = Vec8::load(b + image + i, end - i);
        auto eight = f(p.v[0], q.v[0]);
        for (int k = 1; k < 8; ++k) eight += f(p.v[k], q.v[k]);
        sum += double(eight);
      }
      sum = team.sum(sum);
      if (team.rank() == 0) sums[piece] = sum;
    }
  }
};

/// Body: y[0] = factor times the sum over all pieces of weight[image] * sums[piece], by one team.
template <class Y>
struct AddPieces {
  std::int64_t count, an_image;
  const double* sums;
  const float* weights;
  double factor;
  Y* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    double sum = 0;
    for (std::int64_t i = team.rank(); i < count; i += team.size())
      sum += weights ? double(weights[i / an_image]) * sums[i] : sums[i];
    sum = team.sum(sum);
    if (team.rank() == 0) *y = Y(float(factor * sum));
  }
};
}  // namespace bodies

/// How images are cut for their sums: into pieces of 8192, or into about 1024 longer ones.
inline Pieces pieces_to_sum(std::int64_t images, std::int64_t size) {
  const std::int64_t longer = (size / 1024 + 7) / 8 * 8;
  return {images, size, longer > 8192 ? longer : 8192};
}

/// y[0] = factor * sum(x), for x of [batch, size].
template <class P, class M, class X, class Y>
void sum(const Cuda<P, M>& on, std::int64_t batch, std::int64_t size, double factor, const X* x, Y* y) {
  const Pieces pieces = pieces_to_sum(batch, size);
  const auto sums = on.template allocate<double>(pieces.count());
  launch(on, bodies::SumPieces<bodies::ItselfOf, X, X>{{}, pieces, x, nullptr, sums.get()}, pieces.grid());
  launch(on, bodies::AddPieces<Y>{pieces.count(), pieces.an_image(), sums.get(), nullptr, factor, y}, TeamGrid{});
}

/// y[0] = sum over images of weight[image] * sum((a - b)^2) / (batch * size); no weights (nullptr): all are 1.
template <class P, class M, class A, class B, class Y>
void mse(const Cuda<P, M>& on, std::int64_t batch, std::int64_t size, const A* a, const B* b, const float* weights,
         Y* y) {
  const Pieces pieces = pieces_to_sum(batch, size);
  const auto sums = on.template allocate<double>(pieces.count());
  const double factor = 1 / (double(batch) * double(size));
  launch(on, bodies::SumPieces<bodies::SquaredDifference, A, B>{{}, pieces, a, b, sums.get()}, pieces.grid());
  launch(on, bodies::AddPieces<Y>{pieces.count(), pieces.an_image(), sums.get(), weights, factor, y}, TeamGrid{});
}

namespace bodies {
/// Body: da = factor dy[0] weight[image] (a - b).
template <class A, class B, class D, class Y>
struct MseSlope {
  Pieces pieces;
  double factor;
  const A* a;
  const B* b;
  const float* weights;
  const D* dy;
  Y* da;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t piece = team.block(); piece < pieces.count(); piece += team.blocks()) {
      const std::int64_t image = pieces.image(piece), end = pieces.end(piece), from = image * pieces.size;
      const float scale = float(factor * double(float(*dy)) * (weights ? double(weights[image]) : 1.0));
      for (std::int64_t i = pieces.begin(piece) + 8 * team.rank(); i < end; i += 8 * team.size()) {
        Vec8 v = Vec8::load(a + from + i, end - i);
        const Vec8 other = Vec8::load(b + from + i, end - i);
        for (int k = 0; k < 8; ++k) v.v[k] = scale * (v.v[k] - other.v[k]);
        v.store(da + from + i, end - i);
      }
    }
  }
};
}  // namespace bodies
/// da = dy[0] weight[image] 2 (a - b) / (batch * size); the gradient of b is its negative.
template <class P, class M, class A, class B, class D, class Y>
void mse_backward(const Cuda<P, M>& on, std::int64_t batch, std::int64_t size, const A* a, const B* b,
                  const float* weights, const D* dy, Y* da) {
  const Pieces pieces{batch, size};
  const double factor = 2 / (double(batch) * double(size));
  launch(on, bodies::MseSlope<A, B, D, Y>{pieces, factor, a, b, weights, dy, da}, pieces.grid());
}

namespace bodies {
/// Body: y[image] = sqrt(weight[image] times the sum over its pieces + c^2).
struct RootPieces {
  std::int64_t images, an_image;
  double c;
  const double* sums;
  const float* weights;
  float* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < images; i += all_of(team)) {
      double sum = 0;
      for (std::int64_t k = i * an_image; k < (i + 1) * an_image; ++k) sum += sums[k];
      y[i] = float(std::sqrt(double(weights[i]) * sum + c * c));
    }
  }
};
}  // namespace bodies
/// y[image] = sqrt(weight[image] * sum((a - b)^2) + c^2), for a and b of [batch, size].
template <class P, class M, class A, class B>
void image_distances(const Cuda<P, M>& on, std::int64_t batch, std::int64_t size, double c, const A* a, const B* b,
                     const float* weights, float* y) {
  if (batch <= 0) return;
  const Pieces pieces = pieces_to_sum(batch, size);
  const auto sums = on.template allocate<double>(pieces.count());
  launch(on, bodies::SumPieces<bodies::SquaredDifference, A, B>{{}, pieces, a, b, sums.get()}, pieces.grid());
  launch(on, bodies::RootPieces{batch, pieces.an_image(), c, sums.get(), weights, y}, grid_for(batch));
}

namespace bodies {
/// Body: sums[image, slab, channel] of x, times `by` unless that is nullptr, over the pixels of a slab. Neighbouring
/// members have neighbouring groups of eight channels; where there are more members than groups, several take turns at
/// the pixels.
template <class T>
struct SumPixelSlabs {
  std::int64_t batch, pixels, channels, slab, slabs;
  const T *x, *by;
  double* sums;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    float* shared = team.template shared<float>();
    const std::int64_t groups = (channels + 7) / 8, together = groups < team.size() ? groups : team.size();
    const std::int64_t turns = team.size() / together, turn = team.rank() / together;
    for (std::int64_t task = team.block(); task < batch * slabs; task += team.blocks()) {
      const std::int64_t begin = task % slabs * slab, end = begin + slab < pixels ? begin + slab : pixels;
      const std::int64_t image = task / slabs * pixels * channels;
      for (std::int64_t first = 0; first < groups; first += together) {
        const std::int64_t c = 8 * (first + team.rank() % together);
        Vec8 mine{};
        if (turn < turns && c < channels)
          for (std::int64_t p = begin + turn; p < end; p += turns) {
            Vec8 v = Vec8::load(x + image + p * channels + c, channels - c);
            if (by) {
              const Vec8 factor = Vec8::load(by + image + p * channels + c, channels - c);
              for (int k = 0; k < 8; ++k) v.v[k] *= factor.v[k];
            }
            for (int k = 0; k < 8; ++k) mine.v[k] += v.v[k];
          }
        for (int k = 0; k < 8; ++k) shared[8 * team.rank() + k] = mine.v[k];
        team.sync();
        for (std::int64_t i = team.rank(); i < 8 * together; i += team.size()) {
          double total = 0;
          for (std::int64_t t = 0; t < turns; ++t) total += double(shared[8 * t * together + i]);
          if (8 * first + i < channels) sums[task * channels + 8 * first + i] = total;
        }
        team.sync();
      }
    }
  }
};
/// Body: y[image, channel] = the sum of the slabs' sums.
template <class T>
struct AddPixelSlabs {
  std::int64_t batch, slabs, channels;
  const double* sums;
  T* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < batch * channels; i += all_of(team)) {
      const double* from = sums + i / channels * slabs * channels + i % channels;
      double total = 0;
      for (std::int64_t s = 0; s < slabs; ++s) total += from[s * channels];
      y[i] = T(float(total));
    }
  }
};
/// y[image, channel] = the sum over pixels of x, or of x times `by` unless that is nullptr, [batch, pixels, channels].
template <class P, class M, class X, class Y>
void sum_pixel_products(const Cuda<P, M>& on, std::int64_t batch, std::int64_t pixels, std::int64_t channels,
                        const X* x, const X* by, Y* y) {
  if (batch * channels <= 0) return;
  const std::int64_t slab = pixels > 256 * 256 ? (pixels + 255) / 256 : 256;
  const std::int64_t slabs = (pixels + slab - 1) / slab, teams = batch * slabs;
  const auto sums = on.template allocate<double>(teams * channels);
  constexpr int threads = 256;
  launch(on, SumPixelSlabs<X>{batch, pixels, channels, slab, slabs, x, by, sums.get()},
         {.teams = teams < 16384 ? teams : 16384, .threads = threads, .shared = threads * 8 * sizeof(float)});
  launch(on, AddPixelSlabs<Y>{batch, slabs, channels, sums.get(), y}, grid_for(batch * channels));
}
}  // namespace bodies
/// y[image, channel] = the sum over pixels of x [batch, pixels, channels].
template <class P, class M, class X, class Y>
void sum_pixels(const Cuda<P, M>& on, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const X* x,
                Y* y) {
  bodies::sum_pixel_products(on, batch, pixels, channels, x, static_cast<const X*>(nullptr), y);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
