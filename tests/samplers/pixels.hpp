#pragma once
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include <hush/level.hpp>
#include <hush/parameterization.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/sampler.hpp>
#include <hush/sampling/trace.hpp>

#include "sampling/run_plan.hpp"

namespace samplers {

using namespace hush;

/// A small image: no more than a sampler asks of what it steps.
template <class T>
struct Pixels {
  std::vector<T> values;

  friend Pixels operator*(double factor, Pixels x) {
    for (T& value : x.values) value *= T(factor);
    return x;
  }
  friend Pixels operator+(Pixels x, const Pixels& y) {
    for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] += y.values[i];
    return x;
  }
  friend Pixels operator-(Pixels x, const Pixels& y) { return std::move(x) + -1. * y; }
};

/// Of how many images a batch of these tests is. Norms are averaged over them, as the authors and diffusers do it.
inline int images = 1;

template <class F, class T>
Pixels<T> by_norms(const F& f, const Pixels<T>& a, const Pixels<T>& b, const Pixels<T>& x) {
  const auto mean_norm = [](const Pixels<T>& of) {
    const std::size_t size = of.values.size() / std::size_t(images);
    double sum = 0;
    for (std::size_t i = 0; i < of.values.size(); i += size) {
      double squares = 0;
      for (std::size_t k = i; k < i + size; ++k) squares += double(of.values[k]) * double(of.values[k]);
      sum += std::sqrt(squares);
    }
    return sum / images;
  };
  return f(mean_norm(a), mean_norm(b)) * x;
}

/// The sampler as it reads, over a trajectory. `draw(step, ordinal)` gives the noise of that name.
template <class S, class X, class D, class N>
X run_eagerly(const S& sampler, Trajectory trajectory, X x, D&& denoise, N&& draw) {
  MemoryOf<S, X> memory{};
  for (trajectory.step = 0; trajectory.step < trajectory.steps(); ++trajectory.step) {
    int ordinal = 0;
    const auto noise = [&] { return draw(trajectory.step, ordinal++); };
    x = advance(sampler, denoise, x, trajectory, noise, memory);
  }
  return x;
}
template <class S, class X, class D, class N>
X run_eagerly(const S& sampler, const std::vector<Level>& levels, X x, D&& denoise, N&& draw) {
  return run_eagerly(sampler, Trajectory{route_of(sampler, levels)}, std::move(x), denoise, draw);
}

/// A network F(x, noise_labels), pixel by pixel, as a denoiser; x0 is kept in [-clip, clip] unless clip is 0.
template <class P, class F>
auto denoiser(const P& parameterization, F network, double clip) {
  return [=]<class T>(const Pixels<T>& x, Level at) {
    const Scalings s = parameterization(at);
    const NoiseScalings n = noise_scalings(s, at);
    Denoised<Pixels<T>> answer{x, x};
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      const double f = network(s.in * double(x.values[i]), s.c_noise), x0 = s.skip * double(x.values[i]) + s.out * f;
      answer.x0.values[i] = T(clip > 0 ? std::fmax(-clip, std::fmin(clip, x0)) : x0);
      answer.eps.values[i] = T(n.skip * double(x.values[i]) + n.out * f);
    }
    return answer;
  };
}

/// The model of the tests of diffusers, whatever its output is called.
inline double peer_model(double x, double time) { return x * time / (time + 1); }

/// Their image and their noise: (B, C, H, W) = (4, 3, 8, 8), the values 0/768 .. 767/768 running over C, H, W, B.
template <class T>
Pixels<T> peer_sample(bool reversed = false) {
  Pixels<T> x{std::vector<T>(768)};
  for (std::size_t b = 0; b < 4; ++b)
    for (std::size_t i = 0; i < 192; ++i) x.values[b * 192 + i] = T(reversed ? 767 - (i * 4 + b) : i * 4 + b) / T(768);
  return x;
}

template <class T>
double magnitude(const Pixels<T>& x) {
  double sum = 0;
  for (const T value : x.values) sum += std::abs(double(value));
  return sum;
}

/// The number 1 * constant + start * (the start x) + the draws, each times its coefficient: what any linear sampler
/// makes of any affine denoiser. Mean and variance follow exactly, without statistics.
struct Affine {
  double constant = 0, start = 0;
  std::map<std::pair<int, int>, double> draws;

  friend Affine operator*(double factor, Affine x) {
    x.constant *= factor, x.start *= factor;
    for (auto& [name, coefficient] : x.draws) coefficient *= factor;
    return x;
  }
  friend Affine operator+(Affine x, const Affine& y) {
    x.constant += y.constant, x.start += y.start;
    for (const auto& [name, coefficient] : y.draws) x.draws[name] += coefficient;
    return x;
  }
  friend Affine operator-(Affine x, const Affine& y) { return std::move(x) + -1. * y; }

  /// For a start of N(0, 1).
  double mean() const { return constant; }
  double variance() const {
    double sum = start * start;
    for (const auto& [name, coefficient] : draws) sum += coefficient * coefficient;
    return sum;
  }
};
inline const auto affine_draw = [](int step, int ordinal) { return Affine{0, 0, {{{step, ordinal}, 1.}}}; };

/// Data that are N(mean, deviation^2), and the one denoiser that is right for them.
struct Gaussian {
  double mean = .3, deviation = .25;

  /// x0 = mean + k (x - signal * mean), and the noise that is left.
  template <class X>
  Denoised<X> denoise(const X& x, Level at, const X& one) const {
    const double variance = deviation * deviation;
    const double k = at.signal * variance / (at.signal * at.signal * variance + at.noise * at.noise);
    const X x0 = k * x + (1 - k * at.signal) * mean * one;
    return {x0, 1 / at.noise * (x - at.signal * x0)};
  }

  /// What a sampler makes of N(0, 1), carried through its plan.
  template <class S>
  Affine carry(const S& sampler, const Trajectory& trajectory) const {
    const auto exact = [this](const Affine& x, Level at) { return denoise(x, at, Affine{1, 0, {}}); };
    return run(trace(sampler, trajectory), Affine{0, 1, {}}, exact, affine_draw);
  }
  template <class S>
  Affine carry(const S& sampler, const std::vector<Level>& levels) const {
    return carry(sampler, Trajectory{route_of(sampler, levels)});
  }
};

}  // namespace samplers
