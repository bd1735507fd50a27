#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// The same numbers under another shape; no memory is touched.
struct Reshape {
  Shape shape;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    check(x.shape().size() == shape.size(), "reshape", x.shape(), " has ", x.shape().size(), " elements, ", shape,
          " has ", shape.size());
    return x.reshaped(shape);
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Shape& before) const {
    return {dy.reshaped(before)};
  }
};

}  // namespace ops

/// x under `shape`, which must have as many elements: [N, H, W, C] as a sequence [N, H * W, C], say.
template <Value V>
V reshape(const V& x, const Shape& shape) {
  return apply(ops::Reshape{shape}, x);
}

}  // namespace hush
