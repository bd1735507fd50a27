#pragma once
#include <concepts>
#include <utility>

#include <hush/autograd/tape.hpp>
#include <hush/kernels/capabilities.hpp>

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

/// x, of which the ops that take it keep nothing for the backward pass, where the backend would rather compute it again
/// from what the op that made it keeps: the same bits, for less memory. For results of cheap ops that one layer reads.
template <Backend B>
const Tensor<B>& recomputed(const Tensor<B>& x) {
  return x;
}
template <Backend B>
Var<B> recomputed(Var<B> x) {
  x.recompute(HasRecomputing<B>);
  return x;
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
