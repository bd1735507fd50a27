#pragma once
#include <optional>

#include <hush/autograd/apply.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/group_norm.hpp>
#include <hush/ops/group_norm_fused.hpp>

namespace hush {
namespace detail {

/// A group normalization and what stands around it in one pass: the same bits as the ops of the parts. Its arguments
/// are x, gamma, beta, scale, shift and residual; the last three may be empty. Saves these and the statistics; what
/// stands before the activation is computed again.
struct GroupNormAround {
  std::int64_t groups = 1;
  double eps = 1e-5;
  Activation activation = Activation::none;

  template <Backend B>
  using Master = Tensor<B, typename B::master>;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Tensor<B>& scale,
                    const Tensor<B>& shift, const Tensor<B>& residual) const {
    return record(x, gamma, beta, scale, shift, residual).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Tensor<B>& scale,
              const Tensor<B>& shift, const Tensor<B>& residual) const {
    const GroupNormSizes s = group_norm_sizes(x.shape(), gamma.shape(), beta.shape(), groups, eps);
    Master<B> mean(x.on(), {s.batch, s.groups}), rstd = empty_like(mean);
    Tensor<B> y = empty_like(x);
    group_norm_around(x.on(), s, fusion<B>(activation, scale, shift, residual), x.data(), gamma.data(), beta.data(),
                      y.data(), mean.data(), rstd.data());
    return Recorded{y, std::tuple{x, gamma, beta, scale, shift, residual, mean, rstd}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& x, const Master<B>& gamma, const Master<B>& beta, const Tensor<B>& scale,
                  const Tensor<B>& shift, const Tensor<B>& residual, const Master<B>& mean,
                  const Master<B>& rstd) const {
    return normalised(fusion<B>(activation, scale, shift, residual), x, gamma, beta, mean, rstd);
  }
  template <Backend B>
  auto backward(const Needs<6>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Master<B>& gamma,
                const Master<B>& beta, const Tensor<B>& scale, const Tensor<B>& shift, Tensor<B> residual,
                const Master<B>& mean, const Master<B>& rstd) const {
    std::tuple<Tensor<B>, Master<B>, Master<B>, Tensor<B>, Tensor<B>, Tensor<B>> grads;
    auto& [dx, dgamma, dbeta, dscale, dshift, dresidual] = grads;
    Tensor<B> d = dy;  // with respect to what stands before the activation
    if (activation != Activation::none) {
      d = normalised(fusion<B>(Activation::none, scale, shift, residual), x, gamma, beta, mean, rstd);
      activate_backward(dy, d);
    }
    residual = {};  // it may have been made for this alone
    if (needs[5]) dresidual = d;
    if (needs[4]) dshift = sums(d);
    if (!scale.empty()) {
      if (needs[3]) {
        Tensor<B> product = normalised(NormFusion<typename B::scalar>{}, x, gamma, beta, mean, rstd);
        multiply(x.on(), d.size(), std::as_const(d).data(), std::as_const(product).data(), product.data());
        dscale = sums(product);
      }
      Tensor<B> product = factors(x, scale);
      multiply(x.on(), d.size(), std::as_const(d).data(), std::as_const(product).data(), product.data());
      add_into(x.on(), d.size(), std::as_const(d).data(), product.data());
      d = product;
    }
    const GroupNormSizes s = group_norm_sizes(x.shape(), gamma.shape(), beta.shape(), groups, eps);
    const ops::GroupNorm norm{groups, eps};
    std::tie(dx, dgamma, dbeta) = norm.backward({needs[0], needs[1], needs[2]}, d, x, gamma, beta, mean, rstd, s);
    return grads;
  }

 private:
  template <Backend B>
  static NormFusion<typename B::scalar> fusion(Activation activation, const Tensor<B>& scale, const Tensor<B>& shift,
                                               const Tensor<B>& residual) {
    return {.activation = activation, .scale = scale.data(), .shift = shift.data(), .residual = residual.data()};
  }
  template <Backend B>
  Tensor<B> normalised(const NormFusion<typename B::scalar>& around, const Tensor<B>& x, const Master<B>& gamma,
                       const Master<B>& beta, const Master<B>& mean, const Master<B>& rstd) const {
    const GroupNormSizes s = group_norm_sizes(x.shape(), gamma.shape(), beta.shape(), groups, eps);
    Tensor<B> y = empty_like(x);
    normalise_around(x.on(), s, around, x.data(), gamma.data(), beta.data(), mean.data(), rstd.data(), y.data());
    return y;
  }
  /// The scale of an image's channels at each of its pixels.
  template <Backend B>
  static Tensor<B> factors(const Tensor<B>& x, const Tensor<B>& scale) {
    Tensor<B> y = filled(x.on(), x.shape(), 0);
    const Shape& s = x.shape();
    add_channels(x.on(), s[0], x.size() / (s[0] * s.back()), s.back(), std::as_const(y).data(), scale.data(), y.data());
    return y;
  }
  template <Backend B>
  static Tensor<B> sums(const Tensor<B>& d) {
    const Shape& s = d.shape();
    Tensor<B> sum(d.on(), {s[0], s.back()});
    sum_pixels(d.on(), s[0], d.size() / (s[0] * s.back()), s.back(), d.data(), sum.data());
    return sum;
  }
  /// v, which stands before the activation, becomes the gradient there.
  template <Backend B>
  void activate_backward(const Tensor<B>& dy, Tensor<B>& v) const {
    const auto run = [&](const auto& f) { f(v.on(), v.size(), dy.data(), std::as_const(v).data(), v.data()); };
    switch (activation) {
      case Activation::none:
        return;
      case Activation::silu:
        return run([](const auto&... a) { silu_backward(a...); });
      case Activation::gelu_tanh:
        return run([](const auto&... a) { gelu_tanh_backward(a...); });
      case Activation::gelu_exact:
        return run([](const auto&... a) { gelu_exact_backward(a...); });
      case Activation::relu:
        return run([](const auto&... a) { relu_backward(a...); });
    }
  }
};

}  // namespace detail

namespace nn {

/// A group normalization (see group_norm), then the scale, the shift, the residual and the activation of `around`, in
/// one op that saves little. What lies `beside` x and resampling are for other ops.
template <Value V>
V group_norm_around(const V& x, const Parameter<typename V::backend>& gamma, const Parameter<typename V::backend>& beta,
                    std::int64_t groups, double eps,
                    const NormEpilogue<V>& around) requires HasRecomputing<typename V::backend> {
  check_around(x, {around.activation, Resample::none, around.scale, around.shift, around.residual});
  const auto or_empty = [&](const std::optional<V>& v) -> V {
    return v ? *v : constant_like(x, Tensor<typename V::backend>{});
  };
  return apply(detail::GroupNormAround{groups, eps, around.activation}, x, gamma, beta, or_empty(around.scale),
               or_empty(around.shift), or_empty(around.residual));
}

}  // namespace nn
}  // namespace hush
