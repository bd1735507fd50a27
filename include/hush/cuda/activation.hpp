#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// 1 / (1 + e^-x)
HUSH_HOST_DEVICE inline float logistic(float x) { return 1.f / (1.f + std::exp(-x)); }
/// The normal distribution function.
HUSH_HOST_DEVICE inline float normal_below(float x) {
  return 0.5f * std::erfc(-x * (0.5f * std::numbers::sqrt2_v<float>));
}

/// x sigmoid(x).
struct SiluOf {
  HUSH_HOST_DEVICE float operator()(float x, float) const { return x / (1.f + std::exp(-x)); }
};
/// dy times its derivative, s (1 + x (1 - s)) with s = sigmoid(x).
struct SiluSlope {
  HUSH_HOST_DEVICE float operator()(float dy, float x) const {
    const float s = logistic(x);
    return dy * s * (1.f + x * (1.f - s));
  }
};
/// The greater of x and 0, or NaN.
struct ReluOf {
  HUSH_HOST_DEVICE float operator()(float x, float) const { return x < 0.f ? 0.f : x; }
};
/// dy where y > 0.
struct ReluSlope {
  HUSH_HOST_DEVICE float operator()(float dy, float y) const { return y > 0.f ? dy : 0.f; }
};
/// x where x > 0, else slope x.
struct LeakyReluOf {
  float slope;
  HUSH_HOST_DEVICE float operator()(float x, float) const { return x > 0.f ? x : slope * x; }
};
/// dy where y > 0, else slope dy.
struct LeakyReluSlope {
  float slope;
  HUSH_HOST_DEVICE float operator()(float dy, float y) const { return y > 0.f ? dy : slope * dy; }
};
/// tanh x.
struct TanhOf {
  HUSH_HOST_DEVICE float operator()(float x, float) const { return std::tanh(x); }
};
/// dy (1 - y^2).
struct TanhSlope {
  HUSH_HOST_DEVICE float operator()(float dy, float y) const { return dy * (1.f - y * y); }
};
/// 1 / (1 + e^-x).
struct SigmoidOf {
  HUSH_HOST_DEVICE float operator()(float x, float) const { return logistic(x); }
};
/// dy y (1 - y).
struct SigmoidSlope {
  HUSH_HOST_DEVICE float operator()(float dy, float y) const { return dy * y * (1.f - y); }
};
/// 2 sqrt(2/pi) and the cubic coefficient of the tanh form of GELU.
inline constexpr float gelu_slope = float(2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi), gelu_cubic = 0.044715f;
/// x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3).
struct GeluTanhOf {
  HUSH_HOST_DEVICE float operator()(float x, float) const {
    return x / (1.f + std::exp(-gelu_slope * x * (1.f + gelu_cubic * x * x)));
  }
};
/// dy times its derivative.
struct GeluTanhSlope {
  HUSH_HOST_DEVICE float operator()(float dy, float x) const {
    const float square = x * x, s = logistic(gelu_slope * x * (1.f + gelu_cubic * square));
    return dy * s * (1.f + x * (1.f - s) * gelu_slope * (1.f + 3.f * gelu_cubic * square));
  }
};
/// x P(N < x).
struct GeluExactOf {
  HUSH_HOST_DEVICE float operator()(float x, float) const { return x * normal_below(x); }
};
/// dy times its derivative.
struct GeluExactSlope {
  HUSH_HOST_DEVICE float operator()(float dy, float x) const {
    constexpr float density = float(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    return dy * (normal_below(x) + density * x * std::exp(-0.5f * x * x));
  }
};
}  // namespace bodies

template <class P, class M, class T>
void silu(const Cuda<P, M>& on, std::int64_t n, const T* x, T* y) {
  map(on, n, bodies::SiluOf{}, y, x);
}
/// dx = dy s (1 + x (1 - s)), s = sigmoid(x)
template <class P, class M, class T>
void silu_backward(const Cuda<P, M>& on, std::int64_t n, const T* dy, const T* x, T* dx) {
  map(on, n, bodies::SiluSlope{}, dx, dy, x);
}

/// The greater of x and 0; what is not a number stays so.
template <class P, class M, class T>
void relu(const Cuda<P, M>& on, std::int64_t n, const T* x, T* y) {
  map(on, n, bodies::ReluOf{}, y, x);
}
/// dx = dy where y > 0, else 0; y is the result of relu (or its input: the same).
template <class P, class M, class T>
void relu_backward(const Cuda<P, M>& on, std::int64_t n, const T* dy, const T* y, T* dx) {
  map(on, n, bodies::ReluSlope{}, dx, dy, y);
}

/// x where x > 0, else slope x; what is not a number stays so.
template <class P, class M, class T>
void leaky_relu(const Cuda<P, M>& on, std::int64_t n, double slope, const T* x, T* y) {
  map(on, n, bodies::LeakyReluOf{float(slope)}, y, x);
}
/// dx = dy where y > 0, else slope dy; y is the result of leaky_relu (or its input: the same).
template <class P, class M, class T>
void leaky_relu_backward(const Cuda<P, M>& on, std::int64_t n, double slope, const T* dy, const T* y, T* dx) {
  map(on, n, bodies::LeakyReluSlope{float(slope)}, dx, dy, y);
}

/// tanh x; what is not a number stays so.
template <class P, class M, class T>
void tanh(const Cuda<P, M>& on, std::int64_t n, const T* x, T* y) {
  map(on, n, bodies::TanhOf{}, y, x);
}
/// dx = dy (1 - y^2), y = tanh x
template <class P, class M, class T>
void tanh_backward(const Cuda<P, M>& on, std::int64_t n, const T* dy, const T* y, T* dx) {
  map(on, n, bodies::TanhSlope{}, dx, dy, y);
}

/// 1 / (1 + e^-x)
template <class P, class M, class T>
void sigmoid(const Cuda<P, M>& on, std::int64_t n, const T* x, T* y) {
  map(on, n, bodies::SigmoidOf{}, y, x);
}
/// dx = dy y (1 - y), y = sigmoid(x)
template <class P, class M, class T>
void sigmoid_backward(const Cuda<P, M>& on, std::int64_t n, const T* dy, const T* y, T* dx) {
  map(on, n, bodies::SigmoidSlope{}, dx, dy, y);
}

/// The tanh form of GELU is x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3), because (1 + tanh u) / 2 = sigmoid(2u).
template <class P, class M, class T>
void gelu_tanh(const Cuda<P, M>& on, std::int64_t n, const T* x, T* y) {
  map(on, n, bodies::GeluTanhOf{}, y, x);
}
template <class P, class M, class T>
void gelu_tanh_backward(const Cuda<P, M>& on, std::int64_t n, const T* dy, const T* x, T* dx) {
  map(on, n, bodies::GeluTanhSlope{}, dx, dy, x);
}

/// The exact GELU: x P(N < x).
template <class P, class M, class T>
void gelu_exact(const Cuda<P, M>& on, std::int64_t n, const T* x, T* y) {
  map(on, n, bodies::GeluExactOf{}, y, x);
}
template <class P, class M, class T>
void gelu_exact_backward(const Cuda<P, M>& on, std::int64_t n, const T* dy, const T* x, T* dx) {
  map(on, n, bodies::GeluExactSlope{}, dx, dy, x);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
