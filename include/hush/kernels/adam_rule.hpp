#pragma once
#include <cmath>
#include <cstdint>

#include <hush/check.hpp>

namespace hush {

/// The numbers of one Adam update, m and v being its moments and g = factor * gradient + l2 * w, where the factor (that
/// of clipping) lies in the backend's memory:
///   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
///   w = keep w - rate (m / (1 - beta1^number)) / (sqrt(v / (1 - beta2^number)) + eps).
struct AdamRule {
  double rate, beta1, beta2, eps, l2, keep;
  std::int64_t number;
};

/// What goes with an update while the new weights are at hand, each unless it is nullptr: the moving average
/// (average = decay * average + (1 - decay) * weight), and the weights in the scalars that layers compute with.
template <class Master, class Scalar>
struct AfterUpdate {
  Master* average = nullptr;
  double decay = 0;
  Scalar* compute_copy = nullptr;
};

/// What is known of a step before its update, as numbers in the backend's memory: the loss, the norm of the gradient of
/// all weights, and the factor on it (1, less where it is clipped, NaN where loss or norm is not finite).
struct GradientReport {
  static constexpr std::int64_t size = 3;
  static constexpr int loss = 0, norm = 1, factor = 2;
};

/// Throws std::invalid_argument unless these are sane hyper-parameters.
inline void validate_adam(const char* name, double rate, double beta1, double beta2, double eps, double decay) {
  check(rate > 0 && std::isfinite(rate), name, "rate must be positive and finite, is ", rate);
  check(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, name, "beta1 and beta2 must lie in [0, 1), are ", beta1,
        " and ", beta2);
  check(eps > 0, name, "eps must be positive, is ", eps);
  check(decay >= 0 && decay < 1, name, "decay must lie in [0, 1), is ", decay);
}

}  // namespace hush
