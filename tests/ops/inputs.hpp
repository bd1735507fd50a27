#pragma once
#include <cstdint>
#include <hush/autograd/gradient_error.hpp>
#include <hush/cpu/elementwise.hpp>
#include <span>
#include <vector>

/// Numbers in [-3, 3) that belong to (shape, seed); image by image, so that a longer batch begins with a shorter one.
inline std::vector<double> numbers(const hush::Shape& shape, std::uint32_t seed) {
  hush::Uniform uniform{{.seed = seed}};
  std::vector<double> values(std::size_t(shape.size()));
  for (double& v : values) v = 6 * uniform() - 3;
  return values;
}

template <class T = double>
hush::Tensor<hush::Cpu<T>> input(const hush::Shape& shape, std::uint32_t seed, int threads = 2) {
  return hush::upload(hush::Cpu<T>{threads}, shape, std::span<const double>(numbers(shape, seed)));
}

template <class T = double>
hush::Parameter<hush::Cpu<T>> parameter(const hush::Shape& shape, std::uint32_t seed, int threads = 2) {
  hush::Parameter<hush::Cpu<T>> p;
  p.value = input<T>(shape, seed, threads);
  return p;
}

/// Requires that op's gradients agree with its finite differences in every element of every input.
template <class F, class... Inputs>
void require_gradients(const F& op, Inputs... inputs) {
  const hush::GradientError error = hush::gradient_error(op, inputs...);
  INFO(error);
  REQUIRE(error.worst <= 1);
}

/// Images of odd and even sizes, of one and of many channels, alone and in a batch.
inline const hush::Shape image_shapes[] = {{1, 3, 5, 4}, {2, 4, 3, 6}, {3, 7, 6, 1}, {1, 2, 2, 66}};
