#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/warning.hpp>

namespace hush::detail {

/// The noise variance under annealed Langevin dynamics: `repeats` updates at each level, of step size `part` * sigma^2,
/// sigma = noise / signal.
struct LangevinNoise {
  double part;
  int repeats;

  /// For each noisy level, the standard deviation of the noise that is left after its updates over that of the level,
  /// if the data are one point and the run starts with the noise of its first level (Song and Ermon 2020, NCSNv2,
  /// proposition 3, carried on from level to level). Near 1 if steps are short and levels close together.
  std::vector<double> excess(const std::vector<Level>& down) const {
    std::vector<double> found;
    double variance = down.empty() ? 0 : std::pow(sigma_of(down[0]), 2);
    for (std::size_t i = 0; i + 1 < down.size(); ++i) {
      const double own = std::pow(sigma_of(down[i]), 2);
      for (int k = 0; k < repeats; ++k) variance = (1 - part) * (1 - part) * variance + 2 * part * own;
      found.push_back(std::sqrt(variance / own));
    }
    return found;
  }
  /// The smallest `part` of .1, .2, .5 and 1 with which the excess stays below 1.5. With 1 an update forgets x, and
  /// leaves sqrt(2) times the noise.
  double fitting(const std::vector<Level>& down) const {
    for (const double other : {.1, .2, .5})
      if (std::ranges::all_of(LangevinNoise{other, repeats}.excess(down), [](double e) { return e < 1.5; }))
        return other;
    return 1;
  }
  /// Throws std::invalid_argument for an excess above 4, or noise above 1 at the end unless it is `taken_out`. Warns
  /// once above 1.5 and .1. `epsilon`: the sampler's option that gave `part`, for the message.
  void check_way(const std::vector<Level>& down, double epsilon, bool taken_out) const {
    if (down.size() < 2 || down[down.size() - 2].noise == 0) return;  // nothing to go through
    check(down[0].signal > 0, "AnnealedLangevin", "cannot begin at time ", down[0].time, ", where there is no signal");
    const std::vector<double> excesses = excess(down);
    // NaN counts as the worst
    const auto worst = std::ranges::max_element(excesses, [](double a, double b) { return !(b <= a); });
    const Level at = down[std::size_t(worst - excesses.begin())], last = down[down.size() - 2];
    judge(*worst, 1.5, 4, [&] {
      return to_text("with epsilon ", epsilon, ", ", *worst, " times the noise of its level is left after ", repeats,
                     part < 1 ? " updates" : " updates, which are too long,", " at time ", at.time, " (sigma ",
                     sigma_of(at), "), level ", worst - excesses.begin() + 1, " of ", excesses.size(),
                     "; with .epsilon = ", epsilon / part * fitting(down), " it is less than 1.5 times");
    });
    const double left = excesses.back() * sigma_of(last);
    judge(taken_out ? 0 : left, .1, 1, [&] {
      return to_text("the run ends at time ", last.time, " with noise of ", left,
                     " in images of order 1; .denoise = true ",
                     "takes it out, or let the grid end at a level with less");
    });
  }

 private:
  template <class Words>
  static void judge(double number, double warned, double refused, const Words& fault) {
    if (number <= warned) return;
    check(number <= refused, "AnnealedLangevin", fault());
    warn_once("annealed Langevin", number, [&] { return "[AnnealedLangevin] " + fault(); });
  }
};

}  // namespace hush::detail
