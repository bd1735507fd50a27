#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <hush/parameterizations/predict_x0.hpp>
#include <hush/process.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/tensor/tensor.hpp>

// Two images of 2x2 pixels and a process, for the tests of what trains on them.
namespace two_images {

using namespace hush;

inline const Process process{LinearBeta{.steps = 100}, PredictX0{}};
inline const std::vector<std::uint32_t> images{4, 9};

/// The noise of these images in a step.
inline NoiseKey key(std::uint32_t step, std::uint32_t split = NoiseKey::training) { return {3, step, split, images}; }

template <class F>
Tensor<F> clean(const F& on) {
  const std::vector<double> pixels{-1, -0.5, 0, 0.5, 1, 0.25, -0.25, 0.75};
  return upload(on, {2, 2, 2, 1}, std::span<const double>(pixels));
}

}  // namespace two_images
