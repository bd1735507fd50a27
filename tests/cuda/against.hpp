#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include <cstring>
#include <hush/cpu/elementwise.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

// These tests run twice: by g++ on a host that plays the GPU, by nvcc on a GPU.
#if defined(__CUDACC__)
#include <hush/cuda.cuh>
#else
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#endif

// What the tests of kernels share: the machine, random numbers, and the distance to the CPU's result in double.
namespace against {

using namespace hush;
using Double = Cpu<double>;
#if defined(__CUDACC__)
using Machine = Device;
#else
using Machine = HostGpu;
#endif

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
template <class T, class B, class H>
Tensor<B, T> put(const B& on, const std::vector<H>& values) {
  Tensor<B, T> x(on, {std::int64_t(values.size())});
  copy_in(on, x.size(), values.data(), x.data());
  return x;
}
template <class T, class B>
Tensor<B, T> put(const B& on, std::initializer_list<double> values) {
  return put<T>(on, std::vector<double>(values));
}
/// Memory of a backend that is NaN until somebody writes it.
template <class T, class B>
Tensor<B, T> room(const B& on, std::int64_t count) {
  std::vector<T> poison(static_cast<std::size_t>(count));
  if (count > 0) std::memset(static_cast<void*>(poison.data()), 0xff, poison.size() * sizeof(T));
  return put<T>(on, poison);
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

/// How many members every team of the host has from now on; a GPU's teams have their size from the kernels.
inline void teams_of([[maybe_unused]] int members) {
#if !defined(__CUDACC__)
  HostGpu::members = members;
#endif
}

/// Calls f(backend) for each precision: on a GPU all three, on the host float and bf16.
template <class F>
void each_precision(const F& f) {
#if defined(__CUDACC__)
  f(Cuda<float>{});
  f(Cuda<tf32>{});
  f(Cuda<bf16>{});
#else
  f(Cuda<float, HostGpu>{});
  f(Cuda<bf16, HostGpu>{});
#endif
}

/// The same, on the host by teams of one and of 32, in memory of exact size.
template <class F>
void each_machine(const F& f) {
#if defined(__CUDACC__)
  each_precision(f);
#else
  HostGpu::at(0, 0).memory().keep_blocks(false);
  for (const int members : {1, 32}) {
    CAPTURE(members);
    HostGpu::members = members;
    each_precision(f);
  }
  HostGpu::members = 1;
#endif
}

}  // namespace against
