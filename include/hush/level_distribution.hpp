#pragma once
#include <concepts>
#include <cstdint>

#include <hush/check.hpp>
#include <hush/described.hpp>
#include <hush/random/philox.hpp>
#include <hush/schedule.hpp>

namespace hush {

/// The random numbers that a level distribution takes: `uniform()` is the next double in [0, 1) of an item's stream.
/// `place` is the item's position in a batch of `batch` items; `before()` is the stream of the item before it, from its
/// first number on.
template <class U>
concept UniformNumbers = requires(U& uniform) {
  { uniform() } -> std::convertible_to<double>;
  { uniform.place } -> std::convertible_to<std::uint32_t>;
  { uniform.batch } -> std::convertible_to<std::uint32_t>;
  { uniform.before()() } -> std::convertible_to<double>;
  { uniform.before().place } -> std::convertible_to<std::uint32_t>;
};

/// The minimal UniformNumbers, with which the concept LevelDistribution is checked; never called.
struct AnyNumbers {
  double operator()();
  AnyNumbers before() const;
  std::uint32_t place = 0, batch = 1;
};
static_assert(UniformNumbers<AnyNumbers>);

/// A distribution of training noise levels (timestep sampler): gives the time of one item of a batch.
template <class D, class S = AnySchedule>
concept LevelDistribution = requires(const D& draw, const S& schedule, AnyNumbers& uniform) {
  { draw(schedule, uniform) } -> std::convertible_to<double>;
};

/// Any of them behind one type: one of `level_distributions/`, or a lambda.
using AnyLevelDistribution = Described<double(const AnySchedule& schedule, Uniform& uniform)>;

/// Throws std::invalid_argument unless the schedule is discrete, that is has steps.
inline void check_counted(int steps, const char* where) {
  check(steps > 0, where, "wants a discrete schedule, this one is continuous; take ContinuousUniform or LogNormal");
}

/// A whole number, uniform in first..last, from one uniform number in [0, 1). Throws std::invalid_argument for another.
inline int between(int first, int last, double uniform) {
  check(uniform >= 0 && uniform < 1, "draw", "a uniform number must be in [0, 1), got ", uniform);
  return first + int(uniform * (double(last) - first + 1));
}

}  // namespace hush
