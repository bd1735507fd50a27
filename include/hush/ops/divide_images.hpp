#pragma once
#include <algorithm>
#include <tuple>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// y = x / t, one number an image; the numbers are constants.
template <Backend B>
struct DivideImages {
  Tensor<B, typename B::master> t;

  Tensor<B> forward(const Tensor<B>& x) const {
    const Shape& s = x.shape();
    check(s.rank() >= 1 && t.shape() == Shape{s[0]}, "divide_images", "images ", s, " want numbers [", s[0], "], got ",
          t.shape());
    Tensor<B> y = empty_like(x);
    divide_images(x.on(), s[0], s.size() / std::max<std::int64_t>(1, s[0]), x.data(), t.data(), y.data());
    return y;
  }
  auto record(const Tensor<B>& x) const { return Recorded{forward(x), std::tuple{}}; }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy) const { return {forward(dy)}; }
};

}  // namespace ops

/// x [N, ...] with each image divided by its number of t [N]: how a network's output becomes a score at a sigma.
template <Value V>
V divide_images(const V& x, const Tensor<typename V::backend, typename V::backend::master>& t) {
  return apply(ops::DivideImages<typename V::backend>{t}, x);
}

}  // namespace hush
