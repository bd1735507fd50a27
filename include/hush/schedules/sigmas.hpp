#pragma once
#include <cmath>
#include <vector>

#include <hush/schedule.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

namespace hush {

/// A schedule given by its list of sigmas = noise / signal, from the least noisy level (time 0) to the noisiest; clean
/// at -1, linear in time between levels. Signal 1, or where `preserving` signal^2 + noise^2 = 1. Throws
/// std::invalid_argument for an empty list and unless 0 < values[0] < values[1] < ...
struct Sigmas {
  std::vector<double> values;
  bool preserving = false;

  int steps() const { return int(values.size()); }
  double sigma(int i) const {
    check(i >= 0 && i < steps(), "Sigmas", "sigma ", i, " of a list of ", values.size());
    return values[std::size_t(i)];
  }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const {
    double before = 0;
    for (const double value : values) {
      check(value > before && std::isfinite(value), "Sigmas", "must grow from more than 0: ", value, " follows ",
            before);
      before = value;
    }
    const double sigma = sigma_at(*this, time);
    return preserving ? preserving_level(time, sigma) : Level{time, 1, sigma};
  }
  static constexpr void fields(auto& self, auto&& f) { f("values", self.values), f("preserving", self.preserving); }
  friend bool operator==(const Sigmas&, const Sigmas&) = default;
};
static_assert(DiscreteSchedule<Sigmas>);

}  // namespace hush
