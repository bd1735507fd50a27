#pragma once
#include <hush/autograd/value.hpp>

namespace hush {

/// Frequencies max_period^(-k / half), k < half = width / 2; the divisor is half - 1 with `half_minus_one`. The sines
/// come first, or the cosines with `cosine_first`; an odd width ends in a 0. `scale` multiplies t.
struct SinusoidalOptions {
  std::int64_t width = 0;
  double max_period = 10000;
  bool cosine_first = false;
  bool half_minus_one = false;
  double scale = 1;
};

/// The embedding of numbers t [N] (times, levels) as sines and cosines [N, width] (Vaswani et al. 2017, section 3.5).
/// Any real t will do. It is a constant to the tape of `like`, which is any value of the pass.
template <Value V>
V sinusoidal_embedding(const V& like, const Tensor<typename V::backend, typename V::backend::master>& t,
                       const SinusoidalOptions& options) {
  const std::int64_t half = options.width / 2;
  check(t.shape().rank() == 1, "sinusoidal_embedding", "wants t [N], got ", t.shape());
  check(options.width >= 2, "sinusoidal_embedding", "width ", options.width, " is below 2");
  check(!options.half_minus_one || half >= 2, "sinusoidal_embedding", "width ", options.width,
        " is too small for half_minus_one: 4 is the least");
  check(options.max_period > 0, "sinusoidal_embedding", "max_period ", options.max_period, " is not positive");
  Tensor<typename V::backend> y(t.on(), {t.shape()[0], options.width});
  sinusoidal_embedding(t.on(), t.shape()[0], options.width, options.max_period,
                       double(options.half_minus_one ? half - 1 : half), options.scale, options.cosine_first, t.data(),
                       y.data());
  return constant_like(like, y);
}

}  // namespace hush
