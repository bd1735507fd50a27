#pragma once
#include <cmath>

#include <hush/check.hpp>
#include <hush/sampler.hpp>

namespace hush {

/// Sampling from a consistency model (Song et al. 2023, algorithm 1): each step takes the estimate x0, which is an
/// image at noise level `smallest` (sigma = noise / signal), and noises it anew to the next level; the last one ends
/// with x0 itself. One network call a step; one step needs no fresh noise. `smallest` is that of
/// ConsistencyPreconditioning. Throws std::invalid_argument for one that is negative or above the level stepped to.
struct MultistepConsistency {
  double smallest = .002;

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    check(smallest >= 0 && std::isfinite(smallest), "MultistepConsistency",
          "smallest must be 0 or more and finite, got ", smallest);
    const X x0 = denoise(x, from).x0;
    if (to.noise == 0) return to.signal * x0;
    const double there = to.signal * smallest;
    check(there <= to.noise, "MultistepConsistency", "a step to sigma ", sigma_of(to), " ends below smallest, ",
          smallest);
    return to.signal * x0 + std::sqrt((to.noise - there) * (to.noise + there)) * noise();
  }
  static constexpr void fields(auto& self, auto&& f) { f("smallest", self.smallest); }
  friend constexpr bool operator==(const MultistepConsistency&, const MultistepConsistency&) = default;
};
static_assert(Sampler<MultistepConsistency>);

}  // namespace hush
