#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <hush/grid.hpp>
#include <hush/schedules/shared/inverse.hpp>

namespace hush {

/// For which network a table of Sabour et al. 2024 was optimised: Stable Diffusion 1.5, its XL, or the video one.
enum class AysTable { sd1, sdxl, svd };
constexpr std::array<const char*, 3> names_of(AysTable) { return {"sd1", "sdxl", "svd"}; }

/// The noise levels that Sabour et al. 2024 ("Align your steps", appendix) found by optimisation for ten steps of a
/// network; for other numbers of steps their logarithms are interpolated linearly, as the authors do. Fractional times
/// on a discrete schedule. The schedule's noisiest level must be that of the table, within a hundredth: noise / signal
/// of 14.6 is that of ScaledLinear{.00085, .012}, 700 that of LinearSigma{700}; else std::invalid_argument.
struct AlignYourSteps {
  AysTable table = AysTable::sd1;

  /// noise / signal where the ten steps begin and the last one ends in the authors' optimisation.
  std::array<double, 11> sigmas() const {
    if (table == AysTable::sd1) return {14.615, 6.475, 3.861, 2.697, 1.886, 1.396, .963, .652, .399, .152, .029};
    if (table == AysTable::sdxl) return {14.615, 6.315, 3.771, 2.181, 1.342, .862, .555, .380, .234, .113, .029};
    return {700, 54.5, 15.886, 7.977, 4.248, 1.789, .981, .403, .173, .034, .002};
  }

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "AlignYourSteps");
    const double most = sigma_of(schedule(schedule.clean() + (schedule.steps() > 0 ? schedule.steps() : 1)));
    const double first = sigmas()[0];
    check(std::abs(most / first - 1) < .01, "AlignYourSteps", "this table begins at noise / signal = ", first,
          ", the schedule at ", most, ": take the schedule that its network has, or another grid");
    std::vector<double> times;
    for (int i = 0; i < n; ++i) times.push_back(time_of_sigma(schedule, std::min(sigma(10. * i / n), most)));
    check_times(schedule, times, "AlignYourSteps");
    return times;
  }
  static constexpr void fields(auto& self, auto&& f) { f("table", self.table); }
  friend bool operator==(const AlignYourSteps&, const AlignYourSteps&) = default;

 private:
  /// noise / signal at a place among the table's, 0 to 10, linear in its logarithm in between.
  double sigma(double place) const {
    const std::array<double, 11> all = sigmas();
    const std::size_t before = std::min(std::size_t(place), all.size() - 2);
    const double part = place - double(before);
    return std::exp((1 - part) * std::log(all[before]) + part * std::log(all[before + 1]));
  }
};
static_assert(GridRule<AlignYourSteps>);

}  // namespace hush
