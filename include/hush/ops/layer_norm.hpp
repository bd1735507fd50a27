#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves mean and 1 / standard deviation of each row, besides x.
struct LayerNorm {
  double eps = 1e-5;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma,
                    const Tensor<B, typename B::master>& beta) const {
    return record(x, gamma, beta).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma,
              const Tensor<B, typename B::master>& beta) const {
    const Shape &s = x.shape(), width{s.back()};
    check(s.rank() >= 1 && s.back() >= 1, "layer_norm", "wants x [..., C], got ", s);
    check(gamma.shape() == width && beta.shape() == width, "layer_norm", "input has ", s.back(), " channels, gamma is ",
          gamma.shape(), " and beta ", beta.shape());
    check(eps >= 0, "layer_norm", "eps ", eps, " is negative");
    const std::int64_t rows = x.size() / s.back();
    Tensor<B, typename B::master> mean(x.on(), {rows}), rstd = empty_like(mean);
    Tensor<B> y = empty_like(x);
    layer_norm(x.on(), rows, s.back(), eps, x.data(), gamma.data(), beta.data(), y.data(), mean.data(), rstd.data());
    return Recorded{y, std::tuple{x, gamma, beta, mean, rstd}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma,
                  const Tensor<B, typename B::master>& beta, const Tensor<B, typename B::master>&,
                  const Tensor<B, typename B::master>&) const {
    return forward(x, gamma, beta);
  }
  template <Backend B>
  NormGrads<B> backward(const Needs<3>& needs, const Tensor<B>& dy, const Tensor<B>& x,
                        const Tensor<B, typename B::master>& gamma, const Tensor<B, typename B::master>&,
                        const Tensor<B, typename B::master>& mean, const Tensor<B, typename B::master>& rstd) const {
    const Shape& s = x.shape();
    const std::int64_t images = s.rank() > 1 ? s[0] : 1;
    NormGrads<B> grads;
    if (needs[0]) std::get<0>(grads) = empty_like(x);
    if (needs[1]) std::get<1>(grads) = Tensor<B, typename B::master>(dy.on(), gamma.shape());
    if (needs[2]) std::get<2>(grads) = Tensor<B, typename B::master>(dy.on(), gamma.shape());
    layer_norm_backward(dy.on(), images, x.size() / s.back(), s.back(), dy.data(), x.data(), gamma.data(), mean.data(),
                        rstd.data(), std::get<0>(grads).data(), std::get<1>(grads).data(), std::get<2>(grads).data());
    return grads;
  }
};

}  // namespace ops

/// Layer normalization (Ba et al. 2016) over the last extent of x [..., C], then gamma [C] and beta [C].
template <Value V>
V layer_norm(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
             double eps) {
  return apply(ops::LayerNorm{eps}, x, gamma, beta);
}

}  // namespace hush
