#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <hush/conditionings/multi_hot.hpp>
#include <hush/learning_rate.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/process.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/training/ema.hpp>

#include "../shared/model_files.hpp"
#include "../shared/run_arguments.hpp"
#include "labelled_unet.hpp"

// What this program trains and samples: scenes of up to five objects, told by their labels. All that names the network
// or the conditioning stands here.
namespace iclevr {

using namespace hush;
using examples::Where;

template <Backend B>
using Network = LabelledUnet<B>;
using NetworkConfig = LabelledUnetConfig;
using Conditioned = MultiHot;
using Diffusion = Process<Cosine, PredictNoise<>, Conditioned>;
using Sets = std::vector<std::vector<std::int32_t>>;

/// The settings of a preset.
struct Recipe {
  NetworkConfig network;
  Conditioned labels;
  AdamW optimizer;
  AnyLearningRate rate;
  Ema ema;
  std::int64_t epochs, batch, scenes, validate_every, sample_every;
  double clip_gradient;

  /// 2000 steps of the squared cosine.
  Diffusion process() const { return Process{Cosine{.steps = 2000}, PredictNoise{}, labels}; }
};
inline const std::vector<std::string> presets{"small", "medium", "paper"};
/// Throws std::invalid_argument for another name.
Recipe recipe(const std::string& preset);
/// The names of LabelMode.
inline const std::vector<std::string> label_modes{"vector", "fused", "channels", "tokens"};
/// The same network, read labels in another way: blocks with attention attend to tokens or do not.
NetworkConfig in_mode(NetworkConfig network, LabelMode mode);

/// The description in a weights file, its process included. Throws FileError if there is none.
struct Described : examples::ModelFile<NetworkConfig> {
  Diffusion process;
};
Described described(const std::filesystem::path& weights);
/// Throws std::invalid_argument for guidance by a network that was never trained without labels.
void check_guidance(const Described& model, double scale, const std::filesystem::path& weights);

/// The label lists of a JSON file, as iCLEVR's test.json has them. Throws FileError.
Sets label_lists(const std::filesystem::path& file);
/// The names of a set of labels: "red cube, blue sphere".
std::string names_of(const std::vector<std::int32_t>& labels);

struct TrainArguments : examples::RunArguments {
  std::filesystem::path pictures, labels;  // empty: drawn scenes
  bool no_flip = false;
  std::int64_t scenes = 0, validate = 1000;
  double label_dropout = -1;  // less than 0: as the preset says
  std::string label_mode;     // empty: as the preset says
};
int train(const TrainArguments& arguments);

/// How pictures are generated.
struct SamplingArguments {
  std::filesystem::path weights;
  std::string sampler = "ddim";
  std::optional<double> eta;  // empty: the sampler's own
  double guidance = 1;
  std::vector<double> interval{0, std::numeric_limits<double>::infinity()};  // of sigma: where there is guidance
  int steps = 50;
  std::int64_t batch = 16;
  std::uint64_t seed = 0;
  Where where;
};
struct SampleArguments {
  SamplingArguments how;
  std::optional<std::string> labels;
  std::filesystem::path labels_file, out = "samples.png", folder, strip_out = "strip.png";
  std::vector<double> strip;
  bool min_max = false;
  std::int64_t count = 0, columns = 8, scale = 2;
};
int sample(const SampleArguments& arguments);

/// The rest of a picture, given labels.
struct InpaintArguments {
  std::filesystem::path weights, picture, out = "inpainted.png";
  std::string labels;
  std::vector<std::int64_t> hole;  // left, top, width, height
  double guidance = 1.75;
  int steps = 100, resamples = 5;
  std::int64_t count = 7, batch = 16, scale = 4;
  std::uint64_t seed = 0;
  int threads = 0;
};
int inpaint(const InpaintArguments& arguments);

struct EvaluateArguments {
  SamplingArguments how;
  std::filesystem::path evaluator, pictures, missed;
  std::vector<std::filesystem::path> labels;
  std::int64_t seeds = 10;
};
int evaluate(const EvaluateArguments& arguments);

struct DrawArguments {
  std::filesystem::path labels, out;
  std::int64_t side = 64;
  std::uint64_t seed = 0;
};
int draw(const DrawArguments& arguments);

struct EvaluatorArguments {
  std::filesystem::path weights, run;
  std::int64_t side = 32, scenes = 30000, held_out = 3000, epochs = 30, batch = 128;
  double rate = 2e-3;
  std::uint64_t seed = 0;
  int threads = 0;
};
int train_evaluator(const EvaluatorArguments& arguments);

}  // namespace iclevr
