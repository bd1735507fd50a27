#pragma once
#include <concepts>

#include <hush/autograd/tape.hpp>

namespace hush {

/// What a forward pass is written over: on a Tensor it runs, on a Var it is recorded too.
template <class V>
concept Value = Backend<typename V::backend> &&
    (std::same_as<V, Tensor<typename V::backend>> || std::same_as<V, Var<typename V::backend>>);

/// The tensor itself, whichever life it has.
template <Backend B>
const Tensor<B>& value_of(const Tensor<B>& x) {
  return x;
}
template <Backend B>
const Tensor<B>& value_of(const Var<B>& x) {
  return x.value();
}

/// A tensor without history, in the life of `like`.
template <Backend B>
const Tensor<B>& constant_like(const Tensor<B>&, const Tensor<B>& x) {
  return x;
}
template <Backend B>
Var<B> constant_like(const Var<B>& like, const Tensor<B>& x) {
  return like.tape().constant(x);
}

}  // namespace hush
