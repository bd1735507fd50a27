#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <hush/backbones/attention_unet.hpp>
#include <hush/baselines/dcgan.hpp>
#include <hush/baselines/vae.hpp>
#include <hush/process.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/training/ema.hpp>

#include "../shared/train_arguments.hpp"

// Three generative networks of one size class for garments of 32x32 pixels: a variational autoencoder, a GAN and a
// diffusion model, each trained for about as long.
namespace baselines {

using namespace hush;
using examples::Where;

using Diffusion = Process<OneBased<LinearBeta>, PredictNoise<>>;

/// The diffusion process of DDPM (Ho et al. 2020), T = 1000: of its noisiest images .6 % is the picture.
inline Diffusion process() {
  return Process{OneBased{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 1000, .points = 1001}}, PredictNoise{}};
}

inline const std::vector<std::string> networks{"vae", "dcgan", "diffusion"};

inline const VaeConfig vae{.image = {32, 32, 1}};
inline constexpr double divergence_weight = 2.5e-4;  // of vae_loss
inline const DcganGeneratorConfig generator{.image = {32, 32, 1}, .width = 32};
inline const DcganCriticConfig critic{.image = {32, 32, 1}, .width = 32, .norm = CriticNorm::spectral};
inline const AttentionUnetConfig unet{.widths = {16, 32, 32}, .bottleneck = 64, .head_width = 16};

/// What a network is trained with. Throws std::invalid_argument for another name.
struct Recipe {
  double rate = 1e-3;
  std::int64_t epochs = 1, batch = 64;
  Ema ema{};
};
Recipe recipe(const std::string& network);

int train(const examples::TrainArguments& arguments);

struct SampleArguments {
  std::filesystem::path weights, out = "samples.png";
  std::int64_t count = 64, batch = 64, columns = 8, scale = 2;
  int steps = 20;
  std::uint64_t seed = 0;
  Where where;
};
int sample(const SampleArguments& arguments);

struct EvaluateArguments {
  std::filesystem::path data, out, classifier = "examples/classifier/weights/garments.safetensors";
  std::vector<std::filesystem::path> weights;
  std::int64_t count = 2000, batch = 64;
  int steps = 20;
  std::uint64_t seed = 0;
  Where where;
};
int evaluate(const EvaluateArguments& arguments);

/// The same on a GPU.
struct Commands {
  int (*train)(const examples::TrainArguments& arguments);
  int (*sample)(const SampleArguments& arguments);
  int (*evaluate)(const EvaluateArguments& arguments);
};

}  // namespace baselines
