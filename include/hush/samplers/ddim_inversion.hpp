#pragma once
#include <vector>

#include <hush/sampler.hpp>

namespace hush {

/// DDIM inversion: encodes an image as the noise from which DDIM generates it, by steps of eta = 0 from the clean level
/// up (Song, Meng and Ermon 2021, eq. 14 and section 5.4). A step calls the network with the image at its start and the
/// noise level of its end: eps is that of a network that predicts noise, and an approximation for other
/// parameterizations. x0 is computed from eps, never clipped. With the same eps on the way down, DDIM gives the image
/// back.
struct DdimInversion {
  std::vector<Level> route(const std::vector<Level>& down) const { return {down.rbegin(), down.rend()}; }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&) const {
    const X eps = denoise(x, to).eps;
    const X x0 = 1 / from.signal * (x - from.noise * eps);
    return to.signal * x0 + to.noise * eps;
  }
  friend constexpr bool operator==(const DdimInversion&, const DdimInversion&) = default;
};
static_assert(Sampler<DdimInversion>);

}  // namespace hush
