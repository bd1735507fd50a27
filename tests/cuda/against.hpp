#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/rehearsal.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

// What the tests of kernels share: a host that plays the GPU, random numbers, and the distance to the CPU's result in
// double.
namespace against {

using namespace hush;
using Double = Cpu<double>;

/// Numbers of a normal distribution, rounded to what T can hold; a fresh sequence for each `seed`.
template <class T>
std::vector<double> random(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(std::size_t(count), 0.0);
  for (double& v : values) v = double(float(T(float(normal(engine)))));
  return values;
}

/// Numbers as memory of a backend, of type T.
template <class T, class B>
Tensor<B, T> put(const B& on, const std::vector<double>& values) {
  Tensor<B, T> x(on, {std::int64_t(values.size())});
  copy_in(on, x.size(), values.data(), x.data());
  return x;
}
/// Memory of a backend that nobody wrote yet: NaN.
template <class T, class B>
Tensor<B, T> room(const B& on, std::int64_t count) {
  return Tensor<B, T>(on, {count});
}

/// |found - wanted| / |wanted|, Euclidean; 0 if both are 0; infinite for NaN or other sizes.
inline double distance(const std::vector<double>& found, const std::vector<double>& wanted) {
  if (found.size() != wanted.size()) return INFINITY;
  double off = 0, length = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    off += (found[i] - wanted[i]) * (found[i] - wanted[i]);
    length += wanted[i] * wanted[i];
  }
  return std::isnan(off) ? INFINITY : off == 0 ? 0 : std::sqrt(off / length);
}

/// How far a backend's result may be from that in double.
template <class P>
constexpr double tolerance() {
  return std::is_same_v<P, float> ? 1e-5 : std::is_same_v<P, tf32> ? 2e-3 : 2e-2;
}

/// Calls f(backend) for the precisions float and bf16 and for teams of one and of 32 members. Memory is of exact size.
template <class F>
void each_machine(const F& f) {
  Rehearsal::at(0, 0).memory().keep_blocks(false);
  for (const int members : {1, 32}) {
    CAPTURE(members);
    Rehearsal::members = members;
    f(Cuda<float, Rehearsal>{});
    f(Cuda<bf16, Rehearsal>{});
  }
  Rehearsal::members = 1;
}

}  // namespace against
