#pragma once
#include <vector>

#include <hush/grid.hpp>
#include <hush/sampler.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/shared/inverse.hpp>

namespace hush {

/// The trajectory of a sampler over a schedule, whose steps fall at `times` and end at the clean level. A view of the
/// schedule, which must outlive it.
template <NoiseSchedule S, Sampler R>
Trajectory trajectory(const S& schedule, const R& sampler, const std::vector<double>& times) {
  const AnySchedule any(schedule);
  return {route_of(sampler, levels_at(schedule, times)), 0, [any](double time) { return any(time); },
          [any](double sigma) { return time_of_sigma(any, sigma); }};
}
template <NoiseSchedule S, Sampler R>
Trajectory trajectory(const S&& schedule, const R& sampler,
                      const std::vector<double>& times) = delete;  // name the schedule

}  // namespace hush
