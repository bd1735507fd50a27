#pragma once
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/process.hpp>

namespace hush {

/// A network that is a formula of a pixel and of what it sees.
template <class T>
struct Formula {
  using backend = Cpu<T>;
  double (*f)(double x, double noise_labels);
  ImageSize size{2, 3, 1};
  Cpu<T> machine{};

  ImageSize image() const { return size; }
  Ports ports() const { return {}; }
  Cpu<T> on() const { return machine; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const auto& x = value_of(input.image);
    const auto& noise_labels = input.noise_labels;
    Tensor<Cpu<T>> y = empty_like(x);
    const std::int64_t stride = x.size() / x.shape()[0];
    for (std::int64_t i = 0; i < x.size(); ++i) y.data()[i] = T(f(x.data()[i], noise_labels.data()[i / stride]));
    return constant_like(input.image, y);
  }
};

}  // namespace hush
