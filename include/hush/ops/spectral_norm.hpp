#pragma once
#include <cstdint>
#include <tuple>
#include <utility>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves the result, u, v and the numbers of its kernels. The gradient of u is what takes it one power iteration on.
struct SpectralNorm {
  template <Backend B>
  using Master = Tensor<B, typename B::master>;
  template <Backend B>
  struct Made {
    Tensor<B> y;
    Master<B> v, scale;
    std::int64_t rows, columns;
  };

  template <Backend B>
  Made<B> make(const Tensor<B>& w, const Master<B>& u) const {
    const Shape& s = w.shape();
    check(s.rank() >= 2 && s.size() > 0, "spectral_norm", "wants a weight [out, ...], got ", s);
    check(u.shape() == Shape{s[0]}, "spectral_norm", "weight has ", s[0], " outputs, u is ", u.shape());
    const std::int64_t rows = s[0], columns = s.size() / rows;
    Made<B> made{empty_like(w), Master<B>(w.on(), {columns}), Master<B>(w.on(), {2}), rows, columns};
    spectral_norm(w.on(), rows, columns, w.data(), u.data(), made.y.data(), made.v.data(), made.scale.data());
    return made;
  }
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& w, const Master<B>& u) const {
    return make(w, u).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& w, const Master<B>& u) const {
    const Made<B> made = make(w, u);
    return Recorded{made.y, std::tuple{w, u, made}};
  }
  template <Backend B>
  std::tuple<Tensor<B>, Master<B>> backward(const Needs<2>& needs, const Tensor<B>& dy, const Tensor<B>& w,
                                            const Master<B>& u, const Made<B>& made) const {
    std::tuple<Tensor<B>, Master<B>> grads;
    auto& [dw, du] = grads;
    if (needs[0]) {
      dw = empty_like(w);
      spectral_norm_backward(w.on(), made.rows, made.columns, dy.data(), made.y.data(), u.data(), made.v.data(),
                             made.scale.data(), dw.data());
    }
    if (needs[1]) {
      du = empty_like(u);
      power_iteration(w.on(), made.rows, made.columns, w.data(), u.data(), made.v.data(), du.data());
    }
    return grads;
  }
};

}  // namespace ops

/// The weight [out, ...] divided by its spectral norm, its largest singular value as a matrix [out, rest], in the life
/// of `like` (Miyato et al. 2018, "Spectral normalization for generative adversarial networks", eq. 8). The norm is
/// estimated as |weight^T u| / |u| from u [out], a buffer that a training step takes one power iteration on (algorithm
/// 1): it moves with the optimizer, as running statistics do, so a network that records this layer several times on
/// one tape moves it too far. The gradient takes u as a constant. Throws std::invalid_argument for shapes that do not
/// fit.
template <Value V>
V spectral_norm(const V& like, const Parameter<typename V::backend>& weight, const Parameter<typename V::backend>& u) {
  if constexpr (std::same_as<V, Tensor<typename V::backend>>)
    return apply(ops::SpectralNorm{}, in_scalars(weight), u);
  else
    return record(like.tape(), ops::SpectralNorm{}, in_scalars(weight), u);
}

}  // namespace hush
