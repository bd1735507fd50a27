#pragma once
#include <cstdint>
#include <utility>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Saves the moments.
struct GaussianKl {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& moments) const {
    return record(moments).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& moments) const {
    const Shape& s = moments.shape();
    check(s.rank() >= 2 && s.size() > 0 && s.back() % 2 == 0, "gaussian_kl",
          "wants moments [N, ..., 2 C], the means and then the logarithms of the variances; got ", s);
    const B& on = moments.on();
    Tensor<B, typename B::master> each(on, {s.size() / 2});
    gaussian_kl(on, s.size() / s.back(), s.back() / 2, moments.data(), each.data());
    Tensor<B> y(on, {1});
    sum(on, 1, each.size(), 1 / double(s[0]), std::as_const(each).data(), y.data());
    return Recorded{y, std::tuple{moments}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Tensor<B>& moments) const {
    const Shape& s = moments.shape();
    Tensor<B> dmoments = empty_like(moments);
    gaussian_kl_backward(dy.on(), s.size() / s.back(), s.back() / 2, 1 / double(s[0]), moments.data(), dy.data(),
                         dmoments.data());
    return {dmoments};
  }
};

}  // namespace ops

/// The Kullback-Leibler divergence of Gaussians of independent numbers from N(0, 1), in nats (Kingma and Welling 2014,
/// appendix B): the sum of (mean^2 + variance - 1 - log_variance) / 2 over the numbers of an image, and the mean over
/// the images; one number of shape [1]. `moments` [N, ..., 2 C] as gaussian_sample has them.
template <Value V>
V gaussian_kl(const V& moments) {
  return apply(ops::GaussianKl{}, moments);
}

}  // namespace hush
