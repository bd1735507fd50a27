#pragma once
#include <hush/kernels/capabilities.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/concat_upsampled.hpp>
#include <hush/ops/upsample.hpp>

namespace hush::nn {

/// The channels of a skip connection, then those of x made `factor` times as large, bilinearly: one op on a backend
/// that has it, or that computes the result again in the backward pass; two elsewhere.
template <Value V>
V concat_skip(const V& skip, const V& x, std::int64_t factor) {
  if constexpr (HasConcatUpsample<typename V::backend>)
    return concat_upsampled(skip, x, factor);
  else if constexpr (HasRecomputing<typename V::backend>)
    return concat_upsampled_again(skip, x, factor);
  else
    return concat(skip, upsample_bilinear(x, factor));
}

}  // namespace hush::nn
