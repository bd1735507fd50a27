#pragma once
#include <cmath>
#include <cstdint>

#include <hush/cuda/team/map.hpp>
#include <hush/kernels/hybrid_loss.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Where a number of [images, pixels, channels] finds the network's F and v, and the numbers of its image.
template <class T>
struct HybridPlaces {
  std::int64_t images, pixels, channels;
  const T* f;
  const float *target, *x0, *numbers;

  HUSH_HOST_DEVICE std::int64_t count() const { return images * pixels * channels; }
  HUSH_HOST_DEVICE std::int64_t of_estimate(std::int64_t i) const { return i / channels * 2 * channels + i % channels; }
  HUSH_HOST_DEVICE HybridTerm<float> term(std::int64_t i) const {
    const std::int64_t at = of_estimate(i);
    return hybrid_term(numbers + i / (pixels * channels) * HybridNumbers::size, float(f[at]), float(f[at + channels]),
                       target[i], x0[i]);
  }
};
/// Body: y = the hybrid loss of every number.
template <class T>
struct HybridLossBody {
  HybridPlaces<T> places;
  float* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < places.count(); i += all_of(team)) y[i] = places.term(i).value;
  }
};
/// Body: df = factor dy[0] times the slopes by F and v.
template <class T, class D>
struct HybridSlopes {
  HybridPlaces<T> places;
  double factor;
  const D* dy;
  T* df;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const float scale = float(factor * double(float(*dy)));
    for (std::int64_t i = first_of(team); i < places.count(); i += all_of(team)) {
      const HybridTerm<float> term = places.term(i);
      const std::int64_t at = places.of_estimate(i);
      df[at] = T(scale * term.by_estimate);
      df[at + places.channels] = T(scale * term.by_variance);
    }
  }
};
/// z low e^(ratio v).
struct ScaleGeometrically {
  float low, ratio;
  HUSH_HOST_DEVICE float operator()(float v, float z) const { return z * low * std::exp(ratio * v); }
};
}  // namespace bodies

/// y [images, pixels, channels] = the hybrid loss of every number (hybrid_term), for f [images, pixels, 2 channels], F
/// first and v behind it, target and x0 like y, and numbers [images, HybridNumbers::size].
template <class P, class M, class T>
void hybrid_loss(const Cuda<P, M>& on, std::int64_t images, std::int64_t pixels, std::int64_t channels, const T* f,
                 const float* target, const float* x0, const float* numbers, float* y) {
  const bodies::HybridPlaces<T> places{images, pixels, channels, f, target, x0, numbers};
  if (places.count() > 0) launch(on, bodies::HybridLossBody<T>{places, y}, grid_for(places.count()));
}
/// df = dy[0] factor times the slopes of these by F and v.
template <class P, class M, class T, class D>
void hybrid_loss_backward(const Cuda<P, M>& on, std::int64_t images, std::int64_t pixels, std::int64_t channels,
                          double factor, const T* f, const float* target, const float* x0, const float* numbers,
                          const D* dy, T* df) {
  const bodies::HybridPlaces<T> places{images, pixels, channels, f, target, x0, numbers};
  if (places.count() > 0) launch(on, bodies::HybridSlopes<T, D>{places, factor, dy, df}, grid_for(places.count()));
}
/// y = z low e^(ratio v), n numbers: noise z times a deviation between low and low e^ratio.
template <class P, class M>
void scale_geometrically(const Cuda<P, M>& on, std::int64_t n, double low, double ratio, const float* v, const float* z,
                         float* y) {
  map(on, n, bodies::ScaleGeometrically{float(low), float(ratio)}, y, v, z);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
