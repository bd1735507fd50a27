#pragma once
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>

#include <hush/images.hpp>
#include <hush/parameterizations/predict_score.hpp>
#include <hush/process.hpp>
#include <hush/schedules/geometric.hpp>

#include "../shared/model_files.hpp"
#include "../shared/train_arguments.hpp"

// What this program trains and samples: a noise conditional score network (Song and Ermon 2019) on Fashion-MNIST.
namespace ncsn {

using namespace hush;
using examples::Recipe;
using examples::TrainArguments;
using examples::Where;

/// c_noise = 100 ln(sigma), so that the sinusoidal embedding, whose fastest wave is 2 pi long, separates ten levels
/// that are 0.5 apart in ln(sigma).
struct HundredLogSigma {
  double operator()(Level at) const { return 100 * LogSigma{}(at); }
};

using Diffusion = Process<Geometric, PredictScore<HundredLogSigma>>;

/// Ten levels from 1 to 0.01, pixels in [0, 1]. The network's output over sigma is the score, as in NCSNv2.
inline Diffusion process() {
  return Process{Geometric{.smallest = .01, .largest = 1, .steps = 10}, PredictScore<HundredLogSigma>{.divided = true}};
}

/// A network for two cores, or one for a GPU. Throws std::invalid_argument for another name.
Recipe recipe(const std::string& preset);

/// The description in a weights file. Throws FileError if there is none.
using Described = examples::ModelFile<AttentionUnetConfig>;
Described described(const std::filesystem::path& weights);

/// Images in [0, 1] converted to [-1, 1] for writing; values outside are clamped.
Images<float> to_picture(Images<float> images);

int train(const TrainArguments& arguments);

struct SampleArguments {
  std::filesystem::path weights, out = "samples.png", path;
  std::string rule = "authors";
  std::int64_t count = 64, batch = 16, columns = 8, scale = 2;
  int repeats = 100;
  double epsilon = 2e-5;
  bool noisy = false;
  std::uint64_t seed = 0;
  Where where;
};
int sample(const SampleArguments& arguments);

/// The same on a GPU.
struct Commands {
  int (*train)(const TrainArguments& arguments);
  int (*sample)(const SampleArguments& arguments);
};

}  // namespace ncsn
