#pragma once
#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Throws unless both sides of `where` have one shape.
inline void check_same(const char* where, const Shape& a, const Shape& b) {
  check(a == b, where, "wants two tensors of one shape, got ", a, " and ", b);
}

/// y = a + b
struct Add {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& a, const Tensor<B>& b) const {
    check_same("+", a.shape(), b.shape());
    return sum_of(a, b);
  }
  template <Backend B>
  auto record(const Tensor<B>& a, const Tensor<B>& b) const {
    return Recorded{forward(a, b), std::tuple{}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>&, const Tensor<B>& dy) const {
    return {dy, dy};
  }
};

/// y = s x
struct Scale {
  double s = 1;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& x) const {
    Tensor<B> y = empty_like(x);
    scale(x.on(), x.size(), s, x.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& x) const {
    return Recorded{forward(x), std::tuple{}};
  }
  template <Backend B>
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy) const {
    return {forward(dy)};
  }
};

/// y = a - b
struct Subtract {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& a, const Tensor<B>& b) const {
    check_same("-", a.shape(), b.shape());
    Tensor<B> y = empty_like(a);
    subtract(a.on(), y.size(), a.data(), b.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& a, const Tensor<B>& b) const {
    return Recorded{forward(a, b), std::tuple{}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy) const {
    Grads<B, 2> grads{dy, {}};
    if (needs[1]) grads[1] = Scale{-1}.forward(dy);
    return grads;
  }
};

/// y = a b, element by element
struct Multiply {
  template <Backend B>
  Tensor<B> forward(const Tensor<B>& a, const Tensor<B>& b) const {
    check_same("*", a.shape(), b.shape());
    Tensor<B> y = empty_like(a);
    multiply(a.on(), y.size(), a.data(), b.data(), y.data());
    return y;
  }
  template <Backend B>
  auto record(const Tensor<B>& a, const Tensor<B>& b) const {
    return Recorded{forward(a, b), std::tuple{a, b}};
  }
  template <Backend B>
  Tensor<B> again(const Tensor<B>& a, const Tensor<B>& b) const {
    return forward(a, b);
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Tensor<B>& a, const Tensor<B>& b) const {
    Grads<B, 2> grads;
    if (needs[0]) grads[0] = forward(dy, b);
    if (needs[1]) grads[1] = forward(dy, a);
    return grads;
  }
};

}  // namespace ops

/// Element by element, for two tensors of one shape. Throws std::invalid_argument for two shapes.
template <Value V>
V operator+(const V& a, const V& b) {
  return apply(ops::Add{}, a, b);
}
template <Value V>
V operator-(const V& a, const V& b) {
  return apply(ops::Subtract{}, a, b);
}
template <Value V>
V operator*(const V& a, const V& b) {
  return apply(ops::Multiply{}, a, b);
}

/// Every element times s.
template <Value V>
V operator*(double s, const V& x) {
  return apply(ops::Scale{s}, x);
}
template <Value V>
V operator*(const V& x, double s) {
  return s * x;
}
template <Value V>
V operator-(const V& x) {
  return -1.0 * x;
}

}  // namespace hush
