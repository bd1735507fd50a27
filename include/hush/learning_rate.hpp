#pragma once
#include <concepts>
#include <cstdint>

#include <hush/described.hpp>

namespace hush {

/// A learning-rate schedule: the factor, in [0, 1], on the optimizer's rate at `step` (0-based) of `total`.
template <class R>
concept RateSchedule = requires(const R& rate, std::int64_t step, std::int64_t total) {
  { rate(step, total) } -> std::same_as<double>;
};

/// Any RateSchedule, behind one type.
using AnyLearningRate = Described<double(std::int64_t step, std::int64_t total)>;

/// Linear warm-up from 0: the factor at `step` while step < warm_up.
constexpr double warming(std::int64_t step, std::int64_t warm_up) { return double(step) / double(warm_up); }

/// The share of the steps after the warm-up that are done, in [0, 1].
constexpr double progress(std::int64_t step, std::int64_t total, std::int64_t warm_up) {
  const std::int64_t rest = total - warm_up;
  return rest <= 0 ? 1 : double(step - warm_up) / double(rest);
}

}  // namespace hush
