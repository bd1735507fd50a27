#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/kernels/group_norm_sizes.hpp>

namespace hush {
namespace ops {

/// Saves mean and 1 / standard deviation, [N, groups] each, besides x.
struct GroupNorm {
  std::int64_t groups = 1;
  double eps = 1e-5;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma,
                    const Tensor<B, typename B::master>& beta) const {
    return record(x, gamma, beta).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma,
              const Tensor<B, typename B::master>& beta) const {
    const GroupNormSizes s = group_norm_sizes(x.shape(), gamma.shape(), beta.shape(), groups, eps);
    Tensor<B, typename B::master> mean(x.on(), {s.batch, s.groups}), rstd = empty_like(mean);
    Tensor<B> y = empty_like(x);
    group_norm(x.on(), s, x.data(), gamma.data(), beta.data(), y.data(), mean.data(), rstd.data());
    return Recorded{y, std::tuple{x, gamma, beta, mean, rstd, s}};
  }
  template <HasRecomputing B>
  Tensor<B> again(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma,
                  const Tensor<B, typename B::master>& beta, const Tensor<B, typename B::master>& mean,
                  const Tensor<B, typename B::master>& rstd, const GroupNormSizes& s) const {
    Tensor<B> y = empty_like(x);
    normalise(x.on(), s, x.data(), gamma.data(), beta.data(), mean.data(), rstd.data(), y.data());
    return y;
  }
  template <Backend B>
  NormGrads<B> backward(const Needs<3>& needs, const Tensor<B>& dy, const Tensor<B>& x,
                        const Tensor<B, typename B::master>& gamma, const Tensor<B, typename B::master>&,
                        const Tensor<B, typename B::master>& mean, const Tensor<B, typename B::master>& rstd,
                        const GroupNormSizes& s) const {
    NormGrads<B> grads;
    if (needs[0]) std::get<0>(grads) = empty_like(x);
    if (needs[1]) std::get<1>(grads) = Tensor<B, typename B::master>(dy.on(), gamma.shape());
    if (needs[2]) std::get<2>(grads) = Tensor<B, typename B::master>(dy.on(), gamma.shape());
    group_norm_backward(dy.on(), s, dy.data(), x.data(), gamma.data(), mean.data(), rstd.data(),
                        std::get<0>(grads).data(), std::get<1>(grads).data(), std::get<2>(grads).data());
    return grads;
  }
};

}  // namespace ops

/// Group normalization (Wu and He 2018) of x [N, H, W, C] or [N, S, C]: mean and variance over the pixels and channels
/// of each of `groups` runs of channels of an image, then gamma [C] and beta [C]. 1 group and C groups are the
/// extremes.
template <Value V>
V group_norm(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
             std::int64_t groups, double eps) {
  return apply(ops::GroupNorm{groups, eps}, x, gamma, beta);
}

}  // namespace hush
