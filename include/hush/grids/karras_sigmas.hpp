#pragma once
#include <cmath>

#include <hush/grid.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// The n times at which (noise / signal)^(1/rho) is evenly spaced from the range's largest to its smallest; fractional
/// times on a discrete schedule. Source: Karras et al. 2022, eq. 5; EDM's own range is {.smallest = .002, .largest =
/// 80}.
struct KarrasSigmas {
  SigmaRange range{};
  double rho = 7;

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check(rho > 0 && std::isfinite(rho), "KarrasSigmas", "rho must be more than 0 and finite, got ", rho);
    return times_of_sigmas(schedule, n, range, "KarrasSigmas", [this](double smallest, double largest, double part) {
      return karras_sigma(smallest, largest, rho, part);
    });
  }
  static constexpr void fields(auto& self, auto&& f) { f("range", self.range), f("rho", self.rho); }
  friend bool operator==(const KarrasSigmas&, const KarrasSigmas&) = default;
};
static_assert(GridRule<KarrasSigmas>);

}  // namespace hush
