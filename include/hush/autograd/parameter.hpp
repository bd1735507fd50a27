#pragma once
#include <cmath>
#include <type_traits>

#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// How a parameter starts: all zeros, all ones, uniform in [-scale, scale] about mean, normal of standard deviation
/// scale about mean, or the same but drawn anew beyond 2 scale.
struct Init {
  enum class Kind { zeros, ones, uniform, normal, truncated_normal } kind = Kind::zeros;
  double scale = 0, mean = 0;

  static constexpr Init zeros() { return {Kind::zeros, 0}; }
  static constexpr Init ones() { return {Kind::ones, 1}; }
  static constexpr Init uniform(double scale) { return {Kind::uniform, scale}; }
  static constexpr Init normal(double scale, double mean = 0) { return {Kind::normal, scale, mean}; }
  /// Its standard deviation is .8796 scale: what is cut off is not made up for.
  static constexpr Init truncated_normal(double scale) { return {Kind::truncated_normal, scale}; }
  /// Uniform of variance 2 / (in + out), for a matrix of so many columns and rows (Glorot and Bengio 2010, eq. 16).
  static Init xavier(std::int64_t in, std::int64_t out) { return uniform(std::sqrt(6 / double(in + out))); }
  /// Uniform within 1 / sqrt(fan_in): what PyTorch's convolutions and linear layers start with.
  static Init fan_in(std::int64_t fan_in) { return uniform(1 / std::sqrt(double(fan_in))); }
};

/// A trainable tensor, and the gradient that Tape::backward adds to. An empty value means that the layer has none
/// (a convolution without bias). `grad` is mutable because a forward pass over a const network may record gradients;
/// `compute_copy` because whoever runs many passes over unchanged values may keep a copy in the scalars of the layers.
/// Where `trained` is false it is a buffer: numbers that layers measure in training (running statistics). Files hold
/// it, no optimizer sees it, and `grad` is what the backward passes want added to it.
template <Backend B>
struct Parameter {
  using backend = B;
  Tensor<B, typename B::master> value;
  mutable Tensor<B, typename B::master> grad;
  mutable Tensor<B> compute_copy;  // `value` in the scalars that layers compute with; empty: made when asked for
  Init init;
  bool trained = true;

  Parameter() = default;
  Parameter(const B& on, const Shape& shape, Init start) : value(on, shape), init(start) {}
};

/// A parameter that is a buffer.
template <Backend B>
Parameter<B> buffer(const B& on, const Shape& shape, Init start) {
  Parameter<B> p(on, shape, start);
  p.trained = false;
  return p;
}

/// The values of a parameter in the scalars that matrix products take: the values themselves where these are the same,
/// else the compute_copy, or a fresh copy if there is none.
template <Backend B>
Tensor<B> compute_copy(const Parameter<B>& p) {
  if constexpr (std::is_same_v<typename B::scalar, typename B::master>) {
    return p.value;
  } else {
    return p.value.empty() || !p.compute_copy.empty() ? p.compute_copy : cast(p.value.on(), p.value);
  }
}

}  // namespace hush
