#pragma once
#include <concepts>

#include <hush/check.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// How training picks the time of an item: `uniform()` gives a double in [0, 1), as often as it is asked.
template <class D, class S = AnySchedule>
concept Draw = requires(const D& draw, const S& schedule, double (&uniform)()) {
  { draw(schedule, uniform) } -> std::convertible_to<double>;
};

/// A whole number, first..last, each as likely as the other; takes one uniform number.
inline int between(int first, int last, double uniform) {
  check(uniform >= 0 && uniform < 1, "draw", "a uniform number must be in [0, 1), got ", uniform);
  return first + int(uniform * (double(last) - first + 1));
}

}  // namespace hush
