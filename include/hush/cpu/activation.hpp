#pragma once
#include <cmath>
#include <numbers>
#include <type_traits>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// 1 / (1 + e^-x)
template <class T>
Numbers<T> logistic(const Numbers<T>& x) {
  return 1 / (1 + (-x).exp());
}

template <class T>
[[gnu::always_inline]] inline Numbers<T> silu_block(const Numbers<T>& v) {
  return v / (1 + (-v).exp());
}
template <class T>
[[gnu::always_inline]] inline Numbers<T> relu_block(Numbers<T> v) {
  for (std::int64_t i = 0; i < block_size; ++i) v[i] = v[i] < 0 ? T(0) : v[i];
  return v;
}

}  // namespace cpu_detail

template <class T>
void silu(const Cpu<T>& cpu, std::int64_t n, const T* x, T* y) {
  map_blocks(
      cpu, n, y, [](const cpu_detail::Numbers<T>& v) { return cpu_detail::silu_block<T>(v); }, x);
}
/// dx = dy s (1 + x (1 - s)), s = sigmoid(x)
template <class T>
void silu_backward(const Cpu<T>& cpu, std::int64_t n, const T* dy, const T* x, T* dx) {
  const auto slope = [=](const cpu_detail::Numbers<T>& d, const cpu_detail::Numbers<T>& v) -> cpu_detail::Numbers<T> {
    const cpu_detail::Numbers<T> s = cpu_detail::logistic<T>(v);
    return d * s * (1 + v * (1 - s));
  };
  map_blocks(cpu, n, dx, slope, dy, x);
}

/// max(x, 0); NaN stays NaN.
template <class T>
void relu(const Cpu<T>& cpu, std::int64_t n, const T* x, T* y) {
  map_blocks(
      cpu, n, y, [](const cpu_detail::Numbers<T>& v) { return cpu_detail::relu_block<T>(v); }, x);
}
/// dx = dy where y > 0, else 0; y is the result of relu (or its input: the same).
template <class T>
void relu_backward(const Cpu<T>& cpu, std::int64_t n, const T* dy, const T* y, T* dx) {
  const auto kept = [](cpu_detail::Numbers<T> d, const cpu_detail::Numbers<T>& v) {
    for (std::int64_t i = 0; i < cpu_detail::block_size; ++i) d[i] = v[i] > 0 ? d[i] : T(0);
    return d;
  };
  map_blocks(cpu, n, dx, kept, dy, y);
}

/// x where x > 0, else slope x; NaN stays NaN.
template <class T>
void leaky_relu(const Cpu<T>& cpu, std::int64_t n, double slope, const T* x, T* y) {
  const auto bent = [s = T(slope)](cpu_detail::Numbers<T> v) {
    for (std::int64_t i = 0; i < cpu_detail::block_size; ++i) v[i] = v[i] > 0 ? v[i] : s * v[i];
    return v;
  };
  map_blocks(cpu, n, y, bent, x);
}
/// dx = dy where y > 0, else slope dy; y is the result of leaky_relu (or its input: the same).
template <class T>
void leaky_relu_backward(const Cpu<T>& cpu, std::int64_t n, double slope, const T* dy, const T* y, T* dx) {
  const auto bent = [s = T(slope)](cpu_detail::Numbers<T> d, const cpu_detail::Numbers<T>& v) {
    for (std::int64_t i = 0; i < cpu_detail::block_size; ++i) d[i] = v[i] > 0 ? d[i] : s * d[i];
    return d;
  };
  map_blocks(cpu, n, dx, bent, dy, y);
}

/// tanh x; NaN stays NaN.
template <class T>
void tanh(const Cpu<T>& cpu, std::int64_t n, const T* x, T* y) {
  const auto value = [](const cpu_detail::Numbers<T>& v) -> cpu_detail::Numbers<T> {
    cpu_detail::Numbers<T> t = v.tanh();
    for (std::int64_t i = 0; i < cpu_detail::block_size; ++i) t[i] = v[i] == v[i] ? t[i] : v[i];
    return t;
  };
  map_blocks(cpu, n, y, value, x);
}
/// dx = dy (1 - y^2), y = tanh x
template <class T>
void tanh_backward(const Cpu<T>& cpu, std::int64_t n, const T* dy, const T* y, T* dx) {
  const auto slope = [](const cpu_detail::Numbers<T>& d, const cpu_detail::Numbers<T>& v) -> cpu_detail::Numbers<T> {
    return d * (1 - v * v);
  };
  map_blocks(cpu, n, dx, slope, dy, y);
}

/// 1 / (1 + e^-x)
template <class T>
void sigmoid(const Cpu<T>& cpu, std::int64_t n, const T* x, T* y) {
  map_blocks(
      cpu, n, y, [](const cpu_detail::Numbers<T>& v) -> cpu_detail::Numbers<T> { return cpu_detail::logistic<T>(v); },
      x);
}
/// dx = dy y (1 - y), y = sigmoid(x)
template <class T>
void sigmoid_backward(const Cpu<T>& cpu, std::int64_t n, const T* dy, const T* y, T* dx) {
  const auto slope = [](const cpu_detail::Numbers<T>& d, const cpu_detail::Numbers<T>& v) -> cpu_detail::Numbers<T> {
    return d * v * (1 - v);
  };
  map_blocks(cpu, n, dx, slope, dy, y);
}

namespace cpu_detail {

/// The tanh form of GELU is x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3), because (1 + tanh u) / 2 = sigmoid(2u).
template <class T>
[[gnu::always_inline]] inline Numbers<T> gelu_tanh_block(const Numbers<T>& v) {
  constexpr T c = T(-2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi), cubic = T(0.044715);
  return v / (1 + (c * v * (1 + cubic * v * v)).exp());
}

}  // namespace cpu_detail

template <class T>
void gelu_tanh(const Cpu<T>& cpu, std::int64_t n, const T* x, T* y) {
  map_blocks(
      cpu, n, y, [](const cpu_detail::Numbers<T>& v) { return cpu_detail::gelu_tanh_block<T>(v); }, x);
}
template <class T>
void gelu_tanh_backward(const Cpu<T>& cpu, std::int64_t n, const T* dy, const T* x, T* dx) {
  constexpr T c = T(2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi), cubic = T(0.044715);
  const auto slope = [=](const cpu_detail::Numbers<T>& d, const cpu_detail::Numbers<T>& v) -> cpu_detail::Numbers<T> {
    const cpu_detail::Numbers<T> square = v * v;
    const cpu_detail::Numbers<T> s = cpu_detail::logistic<T>(c * v * (1 + cubic * square));
    return d * s * (1 + v * (1 - s) * c * (1 + 3 * cubic * square));
  };
  map_blocks(cpu, n, dx, slope, dy, x);
}

/// The tail probability of a standard normal beyond |x|, given bell = e^(-x^2/2). In float tail / bell is a polynomial
/// in t = 1/(1 + 0.3 |x|) of relative error 1.3e-7 (fitted for this library), accurate even far down the tail.
template <class T>
cpu_detail::Numbers<T> normal_tail(const cpu_detail::Numbers<T>& x, const cpu_detail::Numbers<T>& bell) {
  if constexpr (std::is_same_v<T, float>) {
    const cpu_detail::Numbers<T> t = 1 / (1 + 0.3f * x.abs());
    cpu_detail::Numbers<T> sum = cpu_detail::Numbers<T>::Constant(0.0359320322f);
    for (const float a :
         {-0.158277132f, 0.20820838f, -0.0553953246f, 0.129469905f, 0.0996373013f, 0.120798386f, 0.119626388f})
      sum = sum * t + a;
    return bell * t * sum;
  } else {
    return x.unaryExpr([](T v) { return std::erfc(std::abs(v) / std::numbers::sqrt2_v<T>) / 2; });
  }
}
/// The normal distribution function at x: the tail, or 1 minus it.
template <class T>
cpu_detail::Numbers<T> normal_below(const cpu_detail::Numbers<T>& x, const cpu_detail::Numbers<T>& bell) {
  cpu_detail::Numbers<T> p = normal_tail(x, bell);
  for (std::int64_t i = 0; i < cpu_detail::block_size; ++i) p[i] = x[i] > 0 ? 1 - p[i] : p[i];
  return p;
}

namespace cpu_detail {

template <class T>
[[gnu::always_inline]] inline Numbers<T> gelu_exact_block(const Numbers<T>& v) {
  const Numbers<T> bell = (T(-0.5) * v * v).exp();
  return v * normal_below(v, bell);
}

}  // namespace cpu_detail

/// The exact GELU: x P(N < x).
template <class T>
void gelu_exact(const Cpu<T>& cpu, std::int64_t n, const T* x, T* y) {
  map_blocks(
      cpu, n, y, [](const cpu_detail::Numbers<T>& v) { return cpu_detail::gelu_exact_block<T>(v); }, x);
}
template <class T>
void gelu_exact_backward(const Cpu<T>& cpu, std::int64_t n, const T* dy, const T* x, T* dx) {
  constexpr T density = T(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
  const auto slope = [=](const cpu_detail::Numbers<T>& d, const cpu_detail::Numbers<T>& v) -> cpu_detail::Numbers<T> {
    const cpu_detail::Numbers<T> bell = (T(-0.5) * v * v).exp();
    return d * (normal_below(v, bell) + density * v * bell);
  };
  map_blocks(cpu, n, dx, slope, dy, x);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
