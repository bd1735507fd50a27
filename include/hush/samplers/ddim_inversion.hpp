#pragma once
#include <vector>

#include <hush/sampler.hpp>

namespace hush {

/// From an image to the noise of which DDIM would make it: its steps with eta = 0 the other way, from the clean level
/// up (Song, Meng and Ermon 2021, eq. 14 and section 5.4). The network is told the level that a step arrives at and
/// sees the image as it is before: right for networks that predict noise, and near it for others, whose output is read
/// as if the image were there already. x0 is not asked for, so nothing cuts it off. With the same eps on the way down,
/// DDIM gives the image back.
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
