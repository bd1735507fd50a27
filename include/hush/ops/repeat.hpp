#pragma once
#include <cstdint>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// y[i] = x for each i below `count`. Sums the gradient over them. `like` only says where to run and whether to record.
struct Repeat {
  std::int64_t count = 1;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& like, const Tensor<B>& x) const {
    check(x.shape().rank() < Shape::max_rank, "repeat", "has no rank left for the images before ", x.shape());
    const Tensor<B> zeros = filled(like.on(), repeated(x.shape()), 0);
    Tensor<B> y = empty_like(zeros);
    add_channels(like.on(), 1, count, x.size(), zeros.data(), x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& like, const Tensor<B>& x) const {
    return Recorded{forward(like, x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Shape& s) const {
    Grads<B, 2> grads;
    if (needs[1]) {
      grads[1] = Tensor<B>(dy.on(), s);
      sum_pixels(dy.on(), 1, count, s.size(), dy.data(), grads[1].data());
    }
    return grads;
  }

 private:
  Shape repeated(const Shape& s) const {
    return s.rank() == 1   ? Shape{count, s[0]}
           : s.rank() == 2 ? Shape{count, s[0], s[1]}
                           : Shape{count, s[0], s[1], s[2]};
  }
};

}  // namespace ops

/// A parameter [...] for each of `count` images, [count, ...]. `like` is any value of the pass: the result is recorded
/// on its tape if it has one.
template <Value V>
V repeat(const V& like, const Parameter<typename V::backend>& parameter, std::int64_t count) {
  return apply(ops::Repeat{count}, like, in_scalars(parameter));
}

}  // namespace hush
