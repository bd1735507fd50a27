#pragma once
#include <cmath>

#include <hush/grid.hpp>

namespace hush {

/// The n times at which arctan(sigma / deviation) is evenly spaced over the range of sigma = noise / signal, both ends
/// included; fractional times on a discrete schedule. For Gaussian data of that deviation it minimises a bound of the
/// Kullback-Leibler divergence of what is sampled. Throws std::invalid_argument for a deviation that is not positive
/// and finite. Source: Sabour et al. 2024, "Align your steps", theorem 3.1, which has deviation 1.
struct KlOptimal {
  SigmaRange range{};
  double deviation = 1;  // of the data

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check(deviation > 0 && std::isfinite(deviation), "KlOptimal", "deviation must be positive and finite, got ",
          deviation);
    return times_of_sigmas(schedule, n, range, "KlOptimal", [this](double smallest, double largest, double part) {
      if (part <= 0 || part >= 1) return part <= 0 ? smallest : largest;
      const double low = std::atan(smallest / deviation), high = std::atan(largest / deviation);
      return deviation * std::tan(low + part * (high - low));
    });
  }
  static constexpr void fields(auto& self, auto&& f) { f("range", self.range), f("deviation", self.deviation); }
  friend bool operator==(const KlOptimal&, const KlOptimal&) = default;
};
static_assert(GridRule<KlOptimal>);

}  // namespace hush
