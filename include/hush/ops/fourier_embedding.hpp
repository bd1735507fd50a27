#pragma once
#include <hush/autograd/parameter.hpp>
#include <hush/autograd/value.hpp>

namespace hush {

/// The embedding of positive numbers t [N] (sigmas) as sines and cosines [N, 2 K] of 2 pi w[k] ln t, for frequencies w
/// [K] (Song et al. 2021, appendix C.2; Tancik et al. 2020). It is a constant to the tape of `like`, which is any value
/// of the pass: w is not trained.
template <Value V>
V fourier_embedding(const V& like, const Tensor<typename V::backend, typename V::backend::master>& t,
                    const Parameter<typename V::backend>& w) {
  check(t.shape().rank() == 1, "fourier_embedding", "wants t [N], got ", t.shape());
  check(w.value.shape().rank() == 1, "fourier_embedding", "wants frequencies [K], got ", w.value.shape());
  Tensor<typename V::backend> y(t.on(), {t.shape()[0], 2 * w.value.size()});
  fourier_embedding(t.on(), t.shape()[0], w.value.size(), t.data(), w.value.data(), y.data());
  return constant_like(like, y);
}

}  // namespace hush
