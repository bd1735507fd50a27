#pragma once
#include <concepts>
#include <cstdint>
#include <string_view>
#include <vector>

#include <hush/kernels/adam_rule.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// One update of a flat buffer of parameters: its size, its number (1 for the first), the factor of the learning-rate
/// schedule, the factor on the gradients in the backend's memory (clipping; NaN: nothing may change; nullptr: 1), and
/// what is fused into the update (AfterUpdate: moving average, compute copy).
template <Backend B>
struct Update {
  std::int64_t size = 0, number = 1;
  double rate_factor = 1;
  const typename B::master* gradient_factor = nullptr;
  AfterUpdate<typename B::master, typename B::scalar> after{};
};

/// An optimizer: updates parameters from their gradients, with the fused work of `Update::after`. Its whole state is
/// `moments` buffers like the parameters, zeros at first.
template <class O>
concept Optimizer = std::copyable<O> && requires(const O& optimizer) {
  { O::moments } -> std::convertible_to<int>;
  { optimizer.rate } -> std::convertible_to<double>;
  optimizer.validate();
};

/// One that can be called for the parameters of a network on B: it moves `values` against `gradients`.
template <class O, class B>
concept OptimizerOn = Optimizer<O> && Backend<B> &&
    requires(const O& optimizer, const Update<B>& update, Tensor<B, typename B::master>& values,
             const Tensor<B, typename B::master>& gradients, std::vector<Tensor<B, typename B::master>>& moments) {
  optimizer(update, values, gradients, moments);
};

}  // namespace hush
