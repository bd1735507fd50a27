#pragma once
#include <cstdint>

#include <hush/ops/arithmetic.hpp>
#include <hush/ops/concat.hpp>
#include <hush/parameterization.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush::detail {

/// F of a network's output, of the images' shape [N, H, W, C]: all of it, or with a learned variance the first C
/// channels of 2 C. Throws std::invalid_argument for an output of another shape.
template <class P, Backend B>
Tensor<B> estimate_head(const P&, const Tensor<B>& output, const Shape& images) {
  constexpr int heads = LearnsVariance<P> ? 2 : 1;
  const Shape wanted = images.with_back(heads * images.back());
  check(output.shape() == wanted, "sample", "the network gave ", output.shape(), ", wanted ", wanted,
        heads == 2 ? ": an estimate and a variance for each channel" : "");
  return heads == 1 ? output : ops::Concat::columns(output, images, 0);
}

/// (1 + v) / 2 of the second head.
template <Backend F, Backend B>
Tensor<F> variance_fraction(const F& on, const Tensor<B>& output, const Shape& images) {
  const Tensor<F> v = cast(on, ops::Concat::columns(output, images, images.back()));
  return .5 * v + filled(on, images, .5);
}

}  // namespace hush::detail
