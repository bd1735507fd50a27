#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/langevin_noise.hpp>

namespace hush {

/// The update of Langevin dynamics with step size alpha along the score s: `authors`, alpha s + sqrt(2 alpha) z, as in
/// their programs and NCSNv2, or `paper`, alpha / 2 s + sqrt(alpha) z, as in algorithm 1 of NCSN.
enum class LangevinRule { authors, paper };
constexpr std::array<const char*, 2> names_of(LangevinRule) { return {"authors", "paper"}; }

/// Annealed Langevin dynamics (NCSN: Song and Ermon 2019, algorithm 1): `repeats` updates at each level, with
/// alpha = epsilon sigma^2 / sigma_L^2, sigma_L that of the last level with noise; each update is one step of the run.
/// `denoise` ends with one more network call, whose x0 = x + sigma_L^2 s is the result. NCSNv2 (2020) on CIFAR-10 is
/// {.epsilon = 6.2e-6, .repeats = 5, .denoise = true}. Throws std::invalid_argument for an epsilon that is not positive
/// and finite, no repeats, more than a million steps, a level without signal, and a step size that does not fit the
/// levels: more than 4 times the level's noise is left after its updates (for data of one point: Song and Ermon 2020,
/// proposition 3), or, without `denoise`, noise above 1 at the end. Warns once above 1.5 times, and above .1.
struct AnnealedLangevin {
  double epsilon = 2e-5;
  int repeats = 100;
  bool denoise = false;
  LangevinRule rule = LangevinRule::authors;

  /// Each level `repeats` times, then the clean one.
  std::vector<Level> route(const std::vector<Level>& down) const {
    check(repeats >= 1, "AnnealedLangevin", "repeats must be at least 1, is ", repeats);
    check(std::int64_t(down.size()) * repeats <= 1'000'000, "AnnealedLangevin", repeats, " repeats of ", down.size(),
          " levels are more than a million steps");
    if (down.size() > 1) {
      const Level last = down[down.size() - 2];
      detail::LangevinNoise{along(last, last) / std::pow(sigma_of(last), 2), repeats}.check_way(down, epsilon, denoise);
    }
    std::vector<Level> levels;
    for (std::size_t i = 0; i + 1 < down.size(); ++i) levels.insert(levels.end(), std::size_t(repeats), down[i]);
    if (!down.empty()) levels.push_back(down.back());
    return levels;
  }

  /// The step size at a level; sigma is noise / signal, for schedules whose signal fades.
  double alpha(Level at, Level last) const {
    check(epsilon > 0 && std::isfinite(epsilon), "AnnealedLangevin", "epsilon must be positive and finite, got ",
          epsilon);
    const double ratio = at.noise / at.signal * (last.signal / last.noise);
    return epsilon * ratio * ratio;
  }

  /// The update of y = x / signal, whose score is -eps / sigma, written in x.
  template <class X>
  X step(auto&& denoiser, const X& x, Level from, Level to, auto&& noise, const Trajectory& trajectory) const {
    const Level last = trajectory.levels[trajectory.levels.size() - 2];
    const double far = along(from, last), sigma = from.noise / from.signal;
    const X moved = x - from.signal * far / sigma * denoiser(x, from).eps + from.signal * std::sqrt(2 * far) * noise();
    if (denoise && trajectory.is_last()) return to.signal * denoiser(moved, from).x0;
    return to.signal / from.signal * moved;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("epsilon", self.epsilon), f("repeats", self.repeats), f("denoise", self.denoise), f("rule", self.rule);
  }
  friend constexpr bool operator==(const AnnealedLangevin&, const AnnealedLangevin&) = default;

 private:
  double along(Level at, Level last) const { return alpha(at, last) * (rule == LangevinRule::paper ? .5 : 1); }
};
static_assert(Sampler<AnnealedLangevin>);

}  // namespace hush
