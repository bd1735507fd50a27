#pragma once
#include <cmath>
#include <vector>

#include <hush/grid.hpp>

namespace hush {

/// The T times cut into counts.size() equal sections, the least noisy first; section i gives counts[i] evenly spaced
/// times, both ends included, rounded half to even. n must be the sum of the counts; no counts: one section of n. For
/// "10,15,20" write `Sections{{10, 15, 20}}`. Source: Nichol and Dhariwal 2021's code, space_timesteps.
struct Sections {
  std::vector<int> counts;

  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_discrete(schedule, "Sections");
    check_step_count(schedule, n, "Sections");
    const std::vector<int> parts = counts.empty() ? std::vector{n} : counts;
    const int size = schedule.steps() / int(parts.size()), longer = schedule.steps() % int(parts.size());
    std::vector<double> places;
    int start = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const int count = parts[i], width = size + (int(i) < longer);
      check(count >= 0 && count <= width, "Sections", "a section of ", width, " times does not give ", count);
      const double stride = count > 1 ? (width - 1.) / (count - 1) : 1;
      double at = 0;  // summed up as the source does: a product would round some halves the other way
      for (int k = 0; k < count; ++k, at += stride) places.push_back(start + std::nearbyint(at));
      start += width;
    }
    check(int(places.size()) == n, "Sections", "the sections have ", places.size(), " steps, asked for ", n);
    return descending(schedule, n, [&](int k) { return places[std::size_t(k)]; });
  }
  static constexpr void fields(auto& self, auto&& f) { f("counts", self.counts); }
  friend bool operator==(const Sections&, const Sections&) = default;
};
static_assert(GridRule<Sections>);

}  // namespace hush
