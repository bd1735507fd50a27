#pragma once
#include <cstdint>

#include <hush/random/philox.hpp>

namespace hush {

/// x0 = clamp(a x + b f, -clip, clip) (no clamping where clip is 0), eps = c x + d f: how a network's output f becomes
/// both estimates.
struct EstimateRule {
  double a, b, c, d, clip;
};

/// What becomes of two estimates in the pass that makes them: each is kept where a pointer says so (nullptr: nowhere),
/// and its multiple goes into a sum.
template <class T>
struct EstimateUse {
  T *x0 = nullptr, *eps = nullptr;
  double of_x0 = 0, of_eps = 0;
};

/// One term of a linear combination: coefficient * the tensor at `data`.
template <class T>
struct Term {
  const T* data;
  double coefficient;
};

/// One draw of a linear combination: coefficient * N(0, 1) from the stream's purpose.
struct DrawTerm {
  std::uint32_t purpose;
  double coefficient;
};

/// Which noise a batch of sampling draws: images first_image, first_image + 1, ... of `seed`, at `step`.
struct DrawPlace {
  std::uint64_t seed;
  std::uint32_t first_image, step;
};

}  // namespace hush
