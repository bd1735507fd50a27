#pragma once
#include <tuple>

#include <hush/autograd/apply.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/concat_upsampled.hpp>
#include <hush/ops/upsample.hpp>

namespace hush {
namespace detail {

/// concat_upsampled by the ops of its parts. Saves skip and x, from which the result is soon made again.
struct ConcatUpsampledAgain {
  std::int64_t factor = 2;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& skip, const Tensor<B>& x) const {
    return ops::Concat{}.forward(skip, ops::UpsampleBilinear{factor}.forward(x));
  }
  template <Backend B>
  auto record(const Tensor<B>& skip, const Tensor<B>& x) const {
    return Recorded{forward(skip, x), std::tuple{skip, x}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& skip, const Tensor<B>& x) const {
    return forward(skip, x);
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Tensor<B>& skip, const Tensor<B>& x) const {
    const Shape &s = skip.shape(), upsampled = s.with_back(x.shape().back());
    auto [dskip, dx] = ops::Concat{}.backward(needs, dy, s, upsampled);
    if (needs[1]) dx = std::get<0>(ops::UpsampleBilinear{factor}.backward({true}, dx, x.shape()));
    return {dskip, dx};
  }
};

}  // namespace detail

namespace nn {

/// The channels of a skip connection, then those of x made `factor` times as large, bilinearly: one op on a backend
/// that has it, or that computes the result again in the backward pass; two elsewhere. By value: a caller may let go.
template <Value V>
V concat_skip(V skip, V x, std::int64_t factor) {
  if constexpr (HasConcatUpsample<typename V::backend>)
    return concat_upsampled(skip, x, factor);
  else if constexpr (HasRecomputing<typename V::backend>)
    return recomputed(apply(detail::ConcatUpsampledAgain{factor}, skip, x));
  else
    return concat(skip, upsample_bilinear(x, factor));
}

}  // namespace nn
}  // namespace hush
