#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <hush/backbones/shared/dit_config.hpp>
#include <hush/parameterizations/predict_flow.hpp>
#include <hush/process.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/rectified_flow.hpp>

#include "../shared/model_files.hpp"
#include "../shared/train_arguments.hpp"

// What this program trains and samples: the pipeline of a Fashion-MNIST tutorial in TensorFlow, read correctly or
// literally, at its own size or small enough for two cores; and a transformer by flow matching.
namespace fashion {

using namespace hush;
using examples::Recipe;
using examples::Where;

using Schedule = OneBased<LinearBeta>;
using Diffusion = Process<Schedule, PredictNoise<>>;

/// T = 500; the tutorial's table has 501 betas, of which the last is never used in training.
inline Diffusion process() {
  return Process{OneBased{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 500, .points = 501}}, PredictNoise{}};
}

using Flow = Process<RectifiedFlow, PredictFlow<>>;
inline Flow flow() { return Process{RectifiedFlow{}, PredictFlow{}}; }

/// The tutorial's network and settings (23.6 M parameters), or ones for two cores (1.8 M); the settings of `dit`, whose
/// network is `dit_network()`. Throws std::invalid_argument for another name.
Recipe recipe(const std::string& preset);
/// A transformer of 1.9 M parameters over patches of 4 x 4 pixels.
DitConfig dit_network();
/// Whether a weights file says that it is of such a one. Throws FileError for one that cannot be read.
bool of_dit(const std::filesystem::path& weights);

/// The description in a weights file, and whether it was trained literally (its metadata entry "reading"). Throws
/// FileError if there is none.
struct Described : examples::ModelFile<AttentionUnetConfig> {
  bool literal = false;
};
Described described(const std::filesystem::path& weights);

struct TrainArguments : examples::TrainArguments {
  bool literal = false;
};
int train(const TrainArguments& arguments);
int train_dit(const TrainArguments& arguments);

struct SampleArguments {
  std::filesystem::path weights, out = "samples.png", gif;
  std::string sampler = "dpm++2m-sde";
  std::int64_t count = 64, batch = 16, columns = 8, scale = 2;
  int steps = 50, frames = 100;
  std::optional<double> eta;  // empty: the sampler's own
  std::uint64_t seed = 0;
  Where where;
};
int sample(const SampleArguments& arguments);
int sample_dit(const SampleArguments& arguments);

struct StripArguments {
  std::filesystem::path data, out = "noise.png";
  std::int64_t image = 0, scale = 3;
  std::uint64_t seed = 0;
};
int strip(const StripArguments& arguments);

struct ExportArguments {
  std::filesystem::path data, out;
  std::string split = "train";
  std::int64_t count = 0;
};
int export_pictures(const ExportArguments& arguments);

/// The same on a GPU.
struct Commands {
  int (*train)(const TrainArguments& arguments);
  int (*sample)(const SampleArguments& arguments);
  int (*train_dit)(const TrainArguments& arguments);
  int (*sample_dit)(const SampleArguments& arguments);
};

}  // namespace fashion
