#pragma once
#include <cmath>

#include <hush/level.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// A discrete schedule that interpolates noise / signal linearly in time between its levels, instead of alpha_bar; with
/// `logarithmic` the logarithm of noise / signal (but from clean to the first level, where it is linear). For sampling
/// at fractional times: Karras et al. 2022, appendix C.3.4; k-diffusion interpolates logarithms, diffusers offers both.
/// Throws std::invalid_argument between levels that are neither variance-preserving nor -exploding.
template <class S>
struct InterpolatedSigma {
  S inner{};
  bool logarithmic = false;

  constexpr int steps() const { return inner.steps(); }
  constexpr double clean() const { return inner.clean(); }
  constexpr double beta(int i) const { return inner.beta(i); }
  Level operator()(double time) const {
    check_time(*this, time);
    const Level below = inner(std::floor(time));
    if (below.time == time) return below;
    const Level above = inner(below.time + 1);
    const double low = sigma_of(below), high = sigma_of(above), part = time - below.time;
    check(std::isfinite(high), "InterpolatedSigma", "the level at time ", above.time, " has no signal");
    const double sigma = logarithmic && low > 0 ? geometric_sigma(low, high, part) : low + part * (high - low);
    if (above.signal == 1) return {time, 1, sigma};
    check(is_preserving(above), "InterpolatedSigma", "wants signal^2 + noise^2 = 1 or signal = 1, got ", above.signal,
          " and ", above.noise);
    return preserving_level(time, sigma);
  }
  static constexpr void fields(auto& self, auto&& f) { f("inner", self.inner), f("logarithmic", self.logarithmic); }
  friend constexpr bool operator==(const InterpolatedSigma&, const InterpolatedSigma&) = default;
};
template <class S>
InterpolatedSigma(S) -> InterpolatedSigma<S>;
template <class S>
InterpolatedSigma(S, bool) -> InterpolatedSigma<S>;
static_assert(DiscreteSchedule<InterpolatedSigma<AnySchedule>>);

}  // namespace hush
