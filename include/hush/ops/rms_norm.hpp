#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves 1 / root mean square of each row, besides x and gamma.
struct RmsNorm {
  double eps = 1e-6;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma) const {
    return record(x, gamma).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma) const {
    const Shape& s = x.shape();
    check(s.rank() >= 1 && s.back() >= 1, "rms_norm", "wants x [..., C], got ", s);
    check(gamma.shape() == Shape{s.back()}, "rms_norm", "input has ", s.back(), " channels, gamma is ", gamma.shape());
    check(eps >= 0, "rms_norm", "eps ", eps, " is negative");
    Tensor<B, typename B::master> rstd(x.on(), {x.size() / s.back()});
    Tensor<B> y = empty_like(x);
    rms_norm(x.on(), rstd.size(), s.back(), eps, x.data(), gamma.data(), y.data(), rstd.data());
    return Recorded{y, std::tuple{x, gamma, rstd}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& x, const Tensor<B, typename B::master>& gamma,
                  const Tensor<B, typename B::master>&) const {
    return forward(x, gamma);
  }
  template <Backend B>
  std::tuple<Tensor<B>, Tensor<B, typename B::master>> backward(const Needs<2>&, const Tensor<B>& dy,
                                                                const Tensor<B>& x,
                                                                const Tensor<B, typename B::master>& gamma,
                                                                const Tensor<B, typename B::master>& rstd) const {
    const Shape& s = x.shape();
    const std::int64_t images = s.rank() > 1 ? s[0] : 1;
    std::tuple grads{empty_like(x), empty_like(gamma)};
    rms_norm_backward(dy.on(), images, rstd.size(), s.back(), dy.data(), x.data(), gamma.data(), rstd.data(),
                      std::get<0>(grads).data(), std::get<1>(grads).data());
    return grads;
  }
};

}  // namespace ops

/// Root mean square normalization (Zhang and Sennrich 2019) over the last extent of x [..., C], then gamma [C].
template <Value V>
V rms_norm(const V& x, const Parameter<typename V::backend>& gamma, double eps) {
  return apply(ops::RmsNorm{eps}, x, gamma);
}

}  // namespace hush
