#pragma once
#include <hush/autograd/apply.hpp>
#include <hush/kernels/modulated_norm_sizes.hpp>

namespace hush {

/// What a norm takes off: the mean and the spread about it (layer normalization), or the root mean square alone.
enum class NormOf { layer, rms };

/// Which norm, and the eps below its root.
struct PlainNorm {
  double eps = 1e-6;
  NormOf of = NormOf::layer;
};

namespace ops {

/// A norm without weights, then (1 + scale) y + shift for each image; scale and shift may both be empty. Saves x, the
/// scale, and mean and 1 / deviation of each token.
struct ModulatedNorm {
  PlainNorm norm;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x, const Tensor<B>& scale, const Tensor<B>& shift) const {
    return record(x, scale, shift).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x, const Tensor<B>& scale, const Tensor<B>& shift) const {
    const Shape &s = x.shape(), wanted{s[0], s.back()};
    check(s.rank() >= 2 && s.back() >= 1, "modulated_norm", "wants x [N, ..., C], got ", s);
    check(scale.empty() == shift.empty() && (scale.empty() || (scale.shape() == wanted && shift.shape() == wanted)),
          "modulated_norm", "images ", s, " want a scale and a shift ", wanted, ", got ", scale.shape(), " and ",
          shift.shape());
    check(norm.eps >= 0, "modulated_norm", "eps ", norm.eps, " is negative");
    const ModulatedNormSizes sizes = of(s);
    Tensor<B, typename B::master> mean, rstd(x.on(), {sizes.rows()});
    if (sizes.centred) mean = empty_like(rstd);
    Tensor<B> y = empty_like(x);
    modulated_norm(x.on(), sizes, x.data(), scale.data(), shift.data(), y.data(), mean.data(), rstd.data());
    return Recorded{y, std::tuple{x, scale, shift, mean, rstd}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& x, const Tensor<B>& scale, const Tensor<B>& shift,
                  const Tensor<B, typename B::master>&, const Tensor<B, typename B::master>&) const {
    return forward(x, scale, shift);
  }
  template <Backend B>
  Grads<B, 3> backward(const Needs<3>& needs, const Tensor<B>& dy, const Tensor<B>& x, const Tensor<B>& scale,
                       const Tensor<B>& shift, const Tensor<B, typename B::master>& mean,
                       const Tensor<B, typename B::master>& rstd) const {
    Grads<B, 3> grads;
    if (needs[0]) grads[0] = empty_like(x);
    if (needs[1] && !scale.empty()) grads[1] = empty_like(scale);
    if (needs[2] && !shift.empty()) grads[2] = empty_like(shift);
    modulated_norm_backward(dy.on(), of(x.shape()), dy.data(), x.data(), scale.data(), mean.data(), rstd.data(),
                            grads[0].data(), grads[1].data(), grads[2].data());
    return grads;
  }

 private:
  ModulatedNormSizes of(const Shape& s) const {
    const std::int64_t rows = s.size() / s.back();
    return {s[0], s[0] ? rows / s[0] : 0, s.back(), norm.eps, norm.of == NormOf::layer};
  }
};

}  // namespace ops

/// norm(x) (1 + scale) + shift, the norm over the last extent of x [N, ..., C] and without weights, scale and shift
/// [N, C] the same for every token of an image: adaptive layer normalization (Peebles and Xie 2023, section 3.2).
template <Value V>
V modulated_norm(const V& x, const V& scale, const V& shift, const PlainNorm& norm = {}) {
  return apply(ops::ModulatedNorm{norm}, x, scale, shift);
}

/// The norm alone over the last extent of x [N, ..., C]: layer normalization (Ba et al. 2016), or root mean square
/// (Zhang and Sennrich 2019), without weights.
template <Value V>
V plain_norm(const V& x, const PlainNorm& norm = {}) {
  const Tensor<typename V::backend> none;
  return apply(ops::ModulatedNorm{norm}, x, none, none);
}

}  // namespace hush
