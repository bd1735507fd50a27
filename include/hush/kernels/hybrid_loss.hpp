#pragma once
#include <cmath>

#include <hush/host_device.hpp>

namespace hush {

/// What the hybrid loss is told of an image's level: a row of numbers in the backend's memory. `weight` is that of the
/// squared error of F, `bound` that of the variational bound in nats; the means of two distributions of the level below
/// are `mean` times the error of F apart; the logarithm of the variance is `low` + (1 + v) / 2 `range`. `decodes` is 1
/// where the level below is the clean one.
struct HybridNumbers {
  static constexpr int size = 6;
  static constexpr int weight = 0, bound = 1, mean = 2, low = 3, range = 4, decodes = 5;
};

/// The hybrid loss of one number of an image, and its slopes by F and by v.
template <class T>
struct HybridTerm {
  T value, by_estimate, by_variance;
};

namespace detail {

/// The normal distribution function by tanh (Page 1977), as guided-diffusion takes it, and its slope; written so that
/// small values keep their digits.
template <class T>
struct NormalBelow {
  T value, slope;
};
template <class T>
HUSH_HOST_DEVICE inline NormalBelow<T> normal_below(T z) {
  const T twice = T(1.5957691216057308), cubic = T(.044715);  // 2 sqrt(2 / pi)
  const T value = 1 / (1 + std::exp(-twice * (z + cubic * z * z * z)));
  return {value, value * (1 - value) * twice * (1 + 3 * cubic * z * z)};
}

/// A number and its slope by the logarithm of the variance.
template <class T>
struct VarianceTerm {
  T value, slope;
};

/// -ln of the probability of x0's step of 1/127.5 under a normal distribution whose mean is `offset` below x0; the
/// first and the last step reach to infinity (Ho et al. 2020, eq. 13). Probabilities below 1e-12 count as that.
template <class T>
HUSH_HOST_DEVICE inline VarianceTerm<T> decoder_term(T x0, T offset, T log_variance) {
  const T inverse = std::exp(-log_variance / 2), half_step = T(1) / 255, off = offset > 0 ? -offset : offset;
  const T high = inverse * (off + half_step), low = inverse * (off - half_step);  // mirrored to the lower side
  const NormalBelow<T> above = normal_below(high), below = normal_below(low);
  const bool least = x0<T(-.999), most = x0> T(.999), first = offset > 0 ? most : least,
             last = offset > 0 ? least : most;
  const T probability = (last ? T(1) : above.value) - (first ? T(0) : below.value);
  const T slope = ((last ? T(0) : above.slope * high) - (first ? T(0) : below.slope * low)) / -2;
  if (probability < T(1e-12)) return {-std::log(T(1e-12)), T(0)};
  return {-std::log(probability), -slope / probability};
}

/// The divergence KL of two normal distributions whose means are `apart`, the other's variance being e^`log_ratio`
/// times that of the first, and e^`log_variance`.
template <class T>
HUSH_HOST_DEVICE inline VarianceTerm<T> divergence_term(T apart, T log_ratio, T log_variance) {
  const T narrower = std::exp(-log_ratio), off = apart * apart * std::exp(-log_variance);
  return {(log_ratio - 1 + narrower + off) / 2, (1 - narrower - off) / 2};
}

}  // namespace detail

/// weight (F - target)^2 + bound L, where L is the term of the variational bound in nats, in which F counts as a
/// constant (Nichol and Dhariwal 2021, section 3.1).
template <class T>
HUSH_HOST_DEVICE inline HybridTerm<T> hybrid_term(const T* numbers, T f, T v, T target, T x0) {
  const T error = f - target, apart = numbers[HybridNumbers::mean] * error, range = numbers[HybridNumbers::range];
  const T log_ratio = (1 + v) / 2 * range, log_variance = numbers[HybridNumbers::low] + log_ratio;
  const detail::VarianceTerm<T> term = numbers[HybridNumbers::decodes] != 0
                                           ? detail::decoder_term(x0, -apart, log_variance)
                                           : detail::divergence_term(apart, log_ratio, log_variance);
  const T weight = numbers[HybridNumbers::weight], bound = numbers[HybridNumbers::bound];
  return {weight * error * error + bound * term.value, 2 * weight * error, bound * term.slope * range / 2};
}

}  // namespace hush
