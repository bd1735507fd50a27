#pragma once
#include <cstdint>

#include <hush/cuda/cuda.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// Body: y = inside where hole [pixels] is not 0, else outside, for n numbers of `channels` a pixel.
template <class A, class O, class Y>
struct ChoosePixels {
  std::int64_t n, channels;
  const float* hole;
  const A* inside;
  const O* outside;
  Y* y;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team))
      y[i] = hole[i / channels] != 0 ? Y(float(inside[i])) : Y(float(outside[i]));
  }
};
}  // namespace bodies

/// y = inside where hole [pixels] is not 0, else outside, for pixels of `channels` numbers; y may be one of the two.
template <class P, class M, class A, class O, class Y>
void choose_pixels(const Cuda<P, M>& on, std::int64_t pixels, std::int64_t channels, const float* hole, const A* inside,
                   const O* outside, Y* y) {
  const std::int64_t n = pixels * channels;
  if (n > 0) launch(on, bodies::ChoosePixels<A, O, Y>{n, channels, hole, inside, outside, y}, grid_for(n, 4));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
