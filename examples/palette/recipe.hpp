#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <hush/backbones/adm.hpp>
#include <hush/learning_rate.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/parameterizations/edm_preconditioning.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/process.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/training/ema.hpp>

#include "../shared/model_files.hpp"
#include "../shared/where.hpp"

// The pipeline of this program: Palette (Saharia et al. 2022), image-to-image diffusion with the noise level gamma as
// the network's noise label. The schedules of training and of sampling may differ.
namespace palette {

using namespace hush;
using examples::Where;

/// The two schedules of a preset.
struct Schedules {
  LinearBeta train, sample;
};
/// `paper`: 20 steps that end in a signal-to-noise ratio of .65, as the tutorials have them; else 2000 steps for
/// training, and 1000 for sampling, as Palette's authors recommend. Throws std::invalid_argument for another name.
Schedules schedules(const std::string& preset);

/// The parameterization, chosen at run time: noise prediction, as in Palette; or EDM's preconditioning (Karras et al.
/// 2022) for images with a small standard deviation. For these a small error of predicted noise is a large one of x0:
/// an error of a hundredth where gamma is 1e-4 is as large as white.
struct Says {
  double deviation = 0;  // of the images, 0: the network says the noise

  Scalings operator()(Level at) const {
    return deviation > 0 ? EdmPreconditioning<Gamma>{deviation}(at) : PredictNoise<Gamma>{}(at);
  }
  Target target(Level at) const {
    return deviation > 0 ? EdmPreconditioning<Gamma>{deviation}.target(at) : PredictNoise<Gamma>{}.target(at);
  }
  static constexpr void fields(auto& self, auto&& f) { f("deviation", self.deviation); }
};

/// A process of a task with one of these schedules.
template <class Task>
auto process(const Task& task, const LinearBeta& schedule, const Says& says) {
  return Process{schedule, says, task.condition};
}

/// The settings of a preset; `image` has the side that pictures are resized to.
struct Recipe {
  AdmConfig network;
  Says says;
  AdamW optimizer;
  AnyLearningRate rate;
  Ema ema;
  std::int64_t epochs, batch;
  double clip_gradient;
};
Recipe recipe(const std::string& preset, std::int64_t channels);

/// Which pictures of a folder validate: "random" by a seed, or those with the "last" names, as files that do not say
/// mean.
struct SplitBy {
  std::string how = "last";
  std::uint64_t seed = 0;
};
/// In words, "random 0", and read from words with "split random 0" in them; what says nothing is "last".
std::string words_of(const SplitBy& split);
SplitBy split_of(const std::string& words);

/// The identity of a training: the metadata of its weights file, and its parameterization.
struct Told {
  std::string task, mask, preset;
  Says says = {};
  SplitBy split = {};
  bool crop = false;                       // pictures are cropped to their centre, not stretched
  std::int64_t limit = -1, validate = -1;  // as in `train`; -1: not given
  std::map<std::string, std::string> words() const;
};
/// The description in a weights file. Throws FileError if there is none.
struct Described : Told {
  examples::ModelFile<AdmConfig> file;
};
Described described(const std::filesystem::path& weights);

/// A warning if the pictures to evaluate may have been training pictures; empty if not.
std::string seen_in_training(const Told& model, std::int64_t limit, std::int64_t validate, const SplitBy& split);

struct TrainArguments {
  std::filesystem::path data, run = "out/palette", weights, from, cache;
  std::string task = "inpainting", mask, preset = "small", split;  // empty: random, or as the run was begun
  bool fresh = false, skip_corrupt = false, crop = false, flip = false;
  std::int64_t side = 0, epochs = 0, batch = 0, limit = 0, validate = 200, restore = 32, save_every = 0, accumulate = 0;
  int steps = 0;
  double rate = 0, minutes = 0, time_limit = 600;
  std::uint64_t seed = 0, split_seed = 0;
  Where where;
};
int train(const TrainArguments& arguments);

/// How pictures are sampled.
struct SampleArguments {
  std::string sampler = "ddim";
  double eta = 1;  // fresh noise lets later steps correct what earlier ones got wrong
  int steps = 0;   // 0: 20 for weights of the preset paper, else 50
  std::int64_t batch = 16, samples = 1;
  std::uint64_t seed = 0;
};

struct RestoreArguments {
  std::filesystem::path weights, image, out = "restored.png", path;
  std::string mask;
  std::int64_t side = 0, feather = 0;
  int frames = 8;
  bool stop_at_error = false, soft_mask = false;
  SampleArguments how;
  Where where;
};
int restore(const RestoreArguments& arguments);

struct EvaluateArguments {
  std::filesystem::path weights, data, out = "out/evaluation";
  std::string mask, split;  // empty: as the weights say
  bool skip_corrupt = false;
  std::int64_t limit = 0, validate = 200;
  std::uint64_t split_seed = 0;
  SampleArguments how;
  Where where;
};
int evaluate(const EvaluateArguments& arguments);

/// The same on a GPU.
struct Commands {
  int (*train)(const TrainArguments& arguments);
  int (*restore)(const RestoreArguments& arguments);
  int (*evaluate)(const EvaluateArguments& arguments);
};

}  // namespace palette
