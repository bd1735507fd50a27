#pragma once
#include <cstdint>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// `count` channels from `first` on. Saves the shape.
struct Slice {
  std::int64_t first = 0, count = 0;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    const Shape& s = x.shape();
    check(s.rank() >= 1 && first >= 0 && count >= 1 && first + count <= s.back(), "slice", "channels ", first, " to ",
          first + count, " lie outside of ", s);
    Tensor<B> y(x.on(), s.with_back(count));
    copy_columns(x.on(), x.size() / s.back(), count, x.data() + first, s.back(), y.data(), count);
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{x.shape()}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy, const Shape& s) const {
    Tensor<B> dx(dy.on(), s);
    fill(dx.on(), dx.size(), 0, dx.data());
    copy_columns(dy.on(), dx.size() / s.back(), count, dy.data(), count, dx.data() + first, s.back());
    return {dx};
  }
};

}  // namespace ops

/// `count` channels of x [..., C] from channel `first` on: [..., count]. Throws std::invalid_argument for channels that
/// are not there.
template <Value V>
V slice(const V& x, std::int64_t first, std::int64_t count) {
  return apply(ops::Slice{first, count}, x);
}

}  // namespace hush
