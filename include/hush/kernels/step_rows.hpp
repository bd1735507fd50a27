#pragma once
#include <cstdint>

namespace hush {

/// Where a recorded run stands, as two numbers in the backend's memory: the step it is at, and the number of the first
/// image of the batch. Recorded kernels read them, so that one recording serves all steps and all batches.
struct RunState {
  static constexpr std::int64_t size = 2;
  static constexpr int step = 0, first_image = 1;
};

/// Numbers for the steps first, first + 1, ... in the backend's memory, `width` of them a step.
struct StepTable {
  const float* numbers = nullptr;
  std::int32_t first = 0, width = 1;
};

/// A sum of terms and draws whose coefficients are a row of a StepTable, terms first. A term without a pointer is one
/// of the estimates that the same kernel makes: `fresh_eps` says which is that of the noise, the other is that of x0.
struct StepSum {
  static constexpr int most_terms = 16, most_draws = 8;
  int terms = 0, draws = 0;
  const float* term[most_terms] = {};
  int fresh_eps = -1;
  std::uint32_t purpose[most_draws] = {};
};

/// Rows of several tables [steps, width], for every image of a batch: to[i] [batch, width[i]] is filled with the row of
/// from[i] that belongs to the step.
struct StepRows {
  static constexpr int most = 128;
  int count = 0;
  std::int32_t first = 0;
  std::int64_t width[most] = {};
  const void* from[most] = {};
  void* to[most] = {};
};

}  // namespace hush
