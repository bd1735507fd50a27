#pragma once
#include <cmath>

namespace hush {

/// x times f(|a|, |b|), where | | is the Euclidean norm, each image of a batch by its own. A sampler whose step follows
/// norms calls it by name and finds the one for its images; this one is for numbers, an image of one pixel.
template <class F>
double by_norms(const F& f, double a, double b, double x) {
  return f(std::abs(a), std::abs(b)) * x;
}

}  // namespace hush
