#pragma once
#include <optional>

#include <hush/autograd/apply.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/kernels/group_norm_sizes.hpp>
#include <hush/kernels/norm_fusion.hpp>

namespace hush {

/// What stands around a group normalization, in the order in which it is done:
///   x beside `beside`: the channels of both, normalized as one;   the norm;
///   (1 + scale) v and v + shift, both [N, C];   v + residual, of v's shape;   `activation`;   `resample`.
template <Value V>
struct NormEpilogue {
  Activation activation = Activation::none;
  Resample resample = Resample::none;
  std::optional<V> scale = {}, shift = {}, residual = {}, beside = {};
};

namespace ops {

/// A group normalization and all around it in one op, for backends that have the kernel. Its arguments are x, gamma,
/// beta, scale, shift, residual and beside; the last four may be empty. What stands before the activation is not saved
/// but computed again.
struct GroupNormFused {
  std::int64_t groups = 1;
  double eps = 1e-5;
  Activation activation = Activation::none;
  Resample resample = Resample::none;

  template <Backend B>
  using Master = Tensor<B, typename B::master>;

  template <Backend B>
  GroupNormSizes sizes(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta,
                       const Tensor<B>& beside) const {
    const Shape& s = x.shape();
    return group_norm_sizes(beside.empty() ? s : s.with_back(s.back() + beside.shape().back()), gamma.shape(),
                            beta.shape(), groups, eps);
  }
  template <Backend B>
  NormFusion<typename B::scalar> fusion(const Tensor<B>& x, const Tensor<B>& scale, const Tensor<B>& shift,
                                        const Tensor<B>& residual, const Tensor<B>& beside) const {
    const std::int64_t width = x.shape().rank() == 4 ? x.shape()[2] : 0;
    return {activation,   resample,        width,         scale.data(),
            shift.data(), residual.data(), beside.data(), beside.empty() ? 0 : beside.shape().back()};
  }
  Shape result(const Shape& s, std::int64_t channels) const {
    if (resample == Resample::nearest2) return {s[0], 2 * s[1], 2 * s[2], channels};
    if (resample == Resample::average2) return {s[0], s[1] / 2, s[2] / 2, channels};
    return s.with_back(channels);
  }
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Tensor<B>& scale,
                    const Tensor<B>& shift, const Tensor<B>& residual, const Tensor<B>& beside) const {
    return record(x, gamma, beta, scale, shift, residual, beside).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Tensor<B>& scale,
              const Tensor<B>& shift, const Tensor<B>& residual, const Tensor<B>& beside) const {
    const GroupNormSizes s = sizes(x, gamma, beta, beside);
    Master<B> mean(x.on(), {s.batch, s.groups}), rstd = empty_like(mean);
    Tensor<B> y(x.on(), result(x.shape(), s.channels));
    group_norm_fused(x.on(), s, fusion(x, scale, shift, residual, beside), x.data(), gamma.data(), beta.data(),
                     y.data(), mean.data(), rstd.data());
    return Recorded{y, std::tuple{x, gamma, beta, scale, shift, residual, beside, mean, rstd}};
  }
  template <Backend B>
  auto backward(const Needs<7>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Master<B>& gamma,
                const Master<B>& beta, const Tensor<B>& scale, const Tensor<B>& shift, const Tensor<B>& residual,
                const Tensor<B>& beside, const Master<B>& mean, const Master<B>& rstd) const {
    const auto wanted = [](bool need, const auto& like) {
      return need ? empty_like(like) : std::decay_t<decltype(like)>{};
    };
    std::tuple grads{wanted(needs[0], x),     wanted(needs[1], gamma), wanted(needs[2], beta),
                     wanted(needs[3], scale), wanted(needs[4], shift), wanted(needs[5], residual),
                     wanted(needs[6], beside)};
    auto& [dx, dgamma, dbeta, dscale, dshift, dresidual, dbeside] = grads;
    const NormFusionGrads<typename B::scalar, typename B::master> to{
        dx.data(), dbeside.data(), dscale.data(), dshift.data(), dresidual.data(), dgamma.data(), dbeta.data()};
    group_norm_fused_backward(x.on(), sizes(x, gamma, beta, beside), fusion(x, scale, shift, residual, beside),
                              dy.data(), x.data(), gamma.data(), beta.data(), mean.data(), rstd.data(), to);
    return grads;
  }
};

}  // namespace ops

/// Throws unless what stands around a norm of `x` fits it.
template <Value V>
void check_around(const V& x, const NormEpilogue<V>& around) {
  const Shape& s = x.shape();
  check(s.rank() >= 2, "group_norm", "wants x [N, ..., C], got ", s);
  std::int64_t channels = s.back();
  if (around.beside) {
    const Shape& t = around.beside->shape();
    check(t.rank() == s.rank() && s == t.with_back(s.back()), "group_norm", s, " and ", t,
          " beside it differ in more than their channels");
    channels += t.back();
  }
  for (const auto* each : {&around.scale, &around.shift})
    check(!*each || (*each)->shape() == Shape{s[0], channels}, "group_norm", "images ", s, " want a scale and a shift ",
          Shape{s[0], channels}, ", got ", *each ? (*each)->shape() : Shape{});
  check(!around.residual || around.residual->shape() == s.with_back(channels), "group_norm", "wants a residual ",
        s.with_back(channels), ", got ", around.residual ? around.residual->shape() : Shape{});
  if (around.resample == Resample::none) return;
  check(s.rank() == 4, "group_norm", "resampling wants images [N, H, W, C], got ", s);
  check(around.resample == Resample::nearest2 || (s[1] % 2 == 0 && s[2] % 2 == 0), "group_norm",
        "windows of 2 do not tile ", s);
}

/// A group normalization (see group_norm) and what stands around it, in one op. Throws std::invalid_argument for shapes
/// that do not fit.
template <Value V>
V group_norm_fused(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
                   std::int64_t groups, double eps,
                   const NormEpilogue<V>& around) requires HasFusedNorms<typename V::backend> {
  check_around(x, around);
  const auto or_empty = [&](const std::optional<V>& v) -> V {
    return v ? *v : constant_like(x, Tensor<typename V::backend>{});
  };
  return apply(ops::GroupNormFused{groups, eps, around.activation, around.resample}, x, gamma, beta,
               or_empty(around.scale), or_empty(around.shift), or_empty(around.residual), or_empty(around.beside));
}

}  // namespace hush
