#pragma once
#include <concepts>
#include <cstdint>

#include <hush/check.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// What a draw is given: `uniform()` is a double in [0, 1), as often as it is asked. Its item is number `place` of a
/// batch of `batch`, and `before()` gives the numbers of the item before it, from their first on.
template <class U>
concept UniformNumbers = requires(U& uniform) {
  { uniform() } -> std::convertible_to<double>;
  { uniform.place } -> std::convertible_to<std::uint32_t>;
  { uniform.batch } -> std::convertible_to<std::uint32_t>;
  { uniform.before()() } -> std::convertible_to<double>;
  { uniform.before().place } -> std::convertible_to<std::uint32_t>;
};

/// The least that is one, for `LevelDistribution` to ask with; it is never called.
struct AnyNumbers {
  double operator()();
  AnyNumbers before() const;
  std::uint32_t place = 0, batch = 1;
};
static_assert(UniformNumbers<AnyNumbers>);

/// How training picks the time of an item.
template <class D, class S = AnySchedule>
concept LevelDistribution = requires(const D& draw, const S& schedule, AnyNumbers& uniform) {
  { draw(schedule, uniform) } -> std::convertible_to<double>;
};

/// Throws std::invalid_argument for a draw that counts the steps of a schedule, unless it has some.
inline void check_counted(int steps, const char* where) {
  check(steps > 0, where, "wants a discrete schedule, this one is continuous; take ContinuousUniform or LogNormal");
}

/// A whole number, first..last, each as likely as the other; takes one uniform number.
inline int between(int first, int last, double uniform) {
  check(uniform >= 0 && uniform < 1, "draw", "a uniform number must be in [0, 1), got ", uniform);
  return first + int(uniform * (double(last) - first + 1));
}

}  // namespace hush
