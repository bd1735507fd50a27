#pragma once
#include <cmath>

namespace hush {

/// x times f(|a|, |b|) for each image of a batch by itself, | | being its Euclidean norm. Samplers find the overload
/// for their images by argument-dependent lookup; this one is for numbers, images of one pixel.
template <class F>
double by_norms(const F& f, double a, double b, double x) {
  return f(std::abs(a), std::abs(b)) * x;
}

}  // namespace hush
