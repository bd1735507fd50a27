#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <hush/conditionings/mask.hpp>
#include <hush/conditionings/multi_hot.hpp>
#include <hush/examples.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/process.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/one_based.hpp>

// The tasks of the benchmark's networks: a process, its sampler with the steps of a run, and synthetic data.

namespace gpu_bench {

/// Images out of noise alone: all 500 steps of DDPM.
struct Generation {
  hush::Process<hush::OneBased<hush::LinearBeta>, hush::PredictNoise<>> process{
      hush::OneBased{hush::LinearBeta{.first = 1e-4, .last = 0.02, .steps = 500, .points = 501}}, {}};
  hush::Ddpm sampler{};
  int steps = 500;

  static hush::Images<float> examples(hush::Images<float> images) { return images; }
};

/// Palette's inpainting of a hole in the middle: 50 steps of DDIM on the schedule that its authors sample with.
struct Inpainting {
  hush::Process<hush::LinearBeta, hush::PredictNoise<hush::Gamma>, hush::Mask> process{
      {.first = 1e-4, .last = 0.09, .steps = 1000}, {}, {}};
  hush::Ddim sampler{};
  int steps = 50;

  static hush::Examples<hush::MaskedImages> examples(hush::Images<float> images) {
    const std::int64_t height = images.height, width = images.width;
    hush::Images<float> holes(images.count, height, width, 1);
    for (std::int64_t i = 0; i < images.count; ++i)
      for (std::int64_t y = height / 4; y < height - height / 4; ++y)
        for (std::int64_t x = width / 4; x < width - width / 4; ++x) holes[i][std::size_t(y * width + x)] = 1;
    hush::Images<float> shown = images;
    return {std::move(images), {std::move(shown), std::move(holes)}};
  }
};

/// Images of labels, out of 24: 50 steps of DDIM on 2000 levels of a squared cosine.
struct Labelled {
  hush::Process<hush::Cosine, hush::PredictNoise<>, hush::MultiHot> process{{.steps = 2000}, {}, {.labels = 24}};
  hush::Ddim sampler{};
  int steps = 50;

  static hush::Examples<hush::LabelSets> examples(hush::Images<float> images) {
    hush::LabelSets labels;
    for (std::int64_t i = 0; i < images.count; ++i)
      labels.sets.push_back({std::int32_t(i % 24), std::int32_t((i + 7) % 24)});
    return {std::move(images), std::move(labels)};
  }
};

/// A batch of synthetic pictures and the task's conditions; speed does not depend on the content.
template <class Task>
class Pictures {
 public:
  Pictures(std::int64_t count, hush::ImageSize size) : images_(count, size.height, size.width, size.channels) {
    for (std::size_t i = 0; i < images_.pixels.size(); ++i) images_.pixels[i] = float(std::sin(0.7 * double(i)));
  }
  std::int64_t size() const { return images_.count; }
  auto batch(std::span<const std::int64_t> items) const {
    hush::Images<float> some = images_;
    some.count = std::int64_t(items.size());
    some.pixels.resize(items.size() * std::size_t(images_.stride()));
    return Task::examples(std::move(some));
  }

 private:
  hush::Images<float> images_;
};

}  // namespace gpu_bench
