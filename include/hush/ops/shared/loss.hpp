#pragma once
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// A loss in full precision, one number of shape [1], and its gradient with respect to what the network said: where a
/// backward pass begins.
template <Backend B>
struct Loss {
  Tensor<B, typename B::master> value;
  Tensor<B> gradient;
};

}  // namespace hush
