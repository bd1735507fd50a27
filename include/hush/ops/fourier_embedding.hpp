#pragma once
#include <hush/autograd/parameter.hpp>
#include <hush/autograd/value.hpp>
#include <hush/kernels/capabilities.hpp>

namespace hush {

namespace detail {

/// Throws std::invalid_argument unless all numbers are positive; their logarithm is embedded. A backend whose numbers
/// the host does not hold waits for them.
template <Backend B>
void check_positive(const char* where, const Tensor<B, typename B::master>& t) {
  for (const double one : download<double>(t))
    check(one > 0, where, "Fourier features want positive numbers, whose logarithm they embed, got ", one,
          ": let the network be told sigma, as PredictNoise<Sigma> does, not a time that begins at 0");
}

}  // namespace detail

/// The embedding of positive numbers t [N] (sigmas) as sines and cosines [N, 2 K] of 2 pi w[k] ln t, for frequencies w
/// [K] (Song et al. 2021, appendix C.2; Tancik et al. 2020). It is a constant to the tape of `like`, which is any value
/// of the pass: w is not trained. Throws std::invalid_argument for a number that is not positive, where the host holds
/// the numbers (the CPU); on a GPU the embedding of such a number is NaN.
template <Value V>
V fourier_embedding(const V& like, const Tensor<typename V::backend, typename V::backend::master>& t,
                    const Parameter<typename V::backend>& w) {
  check(t.shape().rank() == 1, "fourier_embedding", "wants t [N], got ", t.shape());
  check(w.value.shape().rank() == 1, "fourier_embedding", "wants frequencies [K], got ", w.value.shape());
  if constexpr (HasHostKernels<typename V::backend>) detail::check_positive("fourier_embedding", t);
  Tensor<typename V::backend> y(t.on(), {t.shape()[0], 2 * w.value.size()});
  fourier_embedding(t.on(), t.shape()[0], w.value.size(), t.data(), w.value.data(), y.data());
  return constant_like(like, y);
}

}  // namespace hush
