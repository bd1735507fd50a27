#pragma once
#include <cmath>
#include <cstdint>

#include <hush/check.hpp>

namespace hush {

/// The numbers of one Adam update, m and v being its moments and g = gradient_factor * gradient + l2 * w:
///   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
///   w = keep w - rate (m / (1 - beta1^number)) / (sqrt(v / (1 - beta2^number)) + eps).
struct AdamRule {
  double rate, beta1, beta2, eps, l2, keep, gradient_factor;
  std::int64_t number;
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
