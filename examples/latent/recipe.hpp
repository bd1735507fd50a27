#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/backbones/attention_unet.hpp>
#include <hush/learning_rate.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/process.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/training/ema.hpp>

#include "../shared/run_arguments.hpp"

// The two stages of this program: an autoencoder of pictures, and a diffusion on its latents (Rombach et al. 2022).
namespace latents {

using namespace hush;
using examples::Where;

using Diffusion = Process<Cosine, PredictVelocity<>>;
inline Diffusion process() { return {}; }

/// The settings of a stage.
template <class Network>
struct Stage {
  Network network;
  AdamW optimizer;
  AnyLearningRate rate;
  Ema ema;
  std::int64_t epochs, batch;
  double clip_gradient;
};
/// `small`, for two cores; `paper`: the first stage kl-f8 of latent diffusion, for a GPU. Throws std::invalid_argument
/// for another name.
Stage<AutoencoderKlConfig> first_stage(const std::string& preset, std::int64_t side);
/// The network for latents of this size.
Stage<AttentionUnetConfig> second_stage(const std::string& preset, const ImageSize& latent);

struct TrainAutoencoderArguments : examples::RunArguments {
  std::filesystem::path data;
  std::string error = "l1";
  double kl = 1e-6;
  std::int64_t side = 128, limit = 0, validate = 100;
};
int train_autoencoder(const TrainAutoencoderArguments& arguments);

struct ReconstructArguments {
  std::filesystem::path autoencoder, data, out = "reconstructed.png";
  std::int64_t limit = 0, validate = 100, batch = 8, shown = 8;
  Where where;
};
int reconstruct(const ReconstructArguments& arguments);

struct TrainArguments : examples::RunArguments {
  std::filesystem::path data, autoencoder;
  std::int64_t limit = 0, validate = 100;
};
int train(const TrainArguments& arguments);

struct SampleArguments {
  std::filesystem::path autoencoder, weights, out = "latent.png";
  std::string sampler = "dpm++2m";
  std::int64_t count = 16, batch = 8, columns = 0;
  int steps = 25;
  std::uint64_t seed = 0;
  Where where;
};
int sample(const SampleArguments& arguments);

/// The same on a GPU.
struct Commands {
  int (*train_autoencoder)(const TrainAutoencoderArguments& arguments);
  int (*reconstruct)(const ReconstructArguments& arguments);
  int (*train)(const TrainArguments& arguments);
  int (*sample)(const SampleArguments& arguments);
};

}  // namespace latents
