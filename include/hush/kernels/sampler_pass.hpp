#pragma once
#include <cstdint>

#include <hush/host_device.hpp>

namespace hush {

/// x0 = clamp(a x + b f, -clip, clip) (no clamping where clip is 0), eps = c x + d f: how a network's output f becomes
/// both estimates.
struct EstimateRule {
  double a, b, c, d, clip;
};

/// Where a run stands. A recording reads it from the backend's memory (`state`: the step, the number of the batch's
/// first image), so that it serves all steps and batches; elsewhere the two numbers travel with the call.
struct RunPlace {
  static constexpr std::int64_t size = 2;  // of `state`
  const std::int32_t* state = nullptr;
  std::uint32_t own_step = 0, own_first_image = 0;

  HUSH_HOST_DEVICE std::uint32_t step() const { return state ? std::uint32_t(state[0]) : own_step; }
  HUSH_HOST_DEVICE std::uint32_t first_image() const { return state ? std::uint32_t(state[1]) : own_first_image; }
};

/// The numbers of a pass in the backend's memory: a row for each step, `width` numbers apart; 0: one row for all.
template <class T>
struct StepNumbers {
  static constexpr int in = 0, c_noise = 1, rule = 2;      // of a network call: see Scalings and EstimateRule
  static constexpr int of_x0 = 7, of_eps = 8, others = 9;  // coefficients of a sum: estimates, terms, draws
  const T* first = nullptr;
  std::int32_t width = 0;

  HUSH_HOST_DEVICE const T* row(const RunPlace& at) const { return first + std::int64_t(at.step()) * width; }
};

/// One pass over a batch of images. With a network's output f: the estimates of x and f, written to x0 and eps where
/// these are not nullptr, and bad[step] = 1 if f is not finite. With y: y = of_x0 x0 + of_eps eps + the terms + the
/// draws N(0, 1), which are those of `draws_later` steps later; y may be x, f or a term.
template <class T, class F>
struct SamplerPass {
  static constexpr int most_terms = 16, most_draws = 8;
  RunPlace at = {};
  StepNumbers<T> numbers = {};
  const T* x = nullptr;
  const F* f = nullptr;
  T *x0 = nullptr, *eps = nullptr;
  std::int32_t* bad = nullptr;
  T* y = nullptr;
  bool adds_eps = false;
  int terms = 0, draws = 0;
  const T* term[most_terms] = {};
  std::uint64_t seed = 0;
  std::uint32_t draws_later = 0, purpose[most_draws] = {};
};

/// Rows of several tables [steps, width], for every image of a batch: to[i] [batch, width[i]] is filled with the row of
/// from[i] that belongs to the step.
struct StepRows {
  static constexpr int most = 128;
  int count = 0;
  std::int64_t width[most] = {};
  const void* from[most] = {};
  void* to[most] = {};
};

}  // namespace hush
