#include "recipe.hpp"

#include <hush/learning_rates/cosine.hpp>

namespace latents {

namespace {

void check_preset(const std::string& preset) {
  check(preset == "small" || preset == "paper", "train", "there is no preset ", preset, ": take small or paper");
}

}  // namespace

Stage<AutoencoderKlConfig> first_stage(const std::string& preset, std::int64_t side) {
  check_preset(preset);
  Stage<AutoencoderKlConfig> stage{.network = {.image = {side, side, 3}, .scaling_factor = 1},
                                   .optimizer = {.rate = 1e-3},
                                   .rate = learning_rates::Cosine{.warm_up = 100},
                                   .ema = {.decay = .999},
                                   .epochs = 20,
                                   .batch = 8,
                                   .clip_gradient = 1};
  if (preset == "small") {
    stage.network.block_out_channels = {32, 64, 64, 128};
    stage.network.norm_num_groups = 16;
    return stage;
  }
  stage.network.block_out_channels = {128, 256, 512, 512};
  stage.network.layers_per_block = 2;
  stage.optimizer.rate = 1e-4;
  stage.epochs = 100;
  stage.batch = 32;
  return stage;
}

Stage<AttentionUnetConfig> second_stage(const std::string& preset, const ImageSize& latent) {
  check_preset(preset);
  Stage<AttentionUnetConfig> stage{
      .network = {.image = latent, .widths = {64, 96}, .bottleneck = 128, .head_width = 16},
      .optimizer = {.rate = 1e-3},
      .rate = learning_rates::Cosine{.warm_up = 200},
      .ema = {.decay = .999},
      .epochs = 200,
      .batch = 32,
      .clip_gradient = 1};
  if (preset == "small") return stage;
  stage.network = {.image = latent, .widths = {128, 256}, .bottleneck = 512, .head_width = 64};
  stage.optimizer.rate = 2e-4;
  stage.ema.decay = .9999;
  stage.epochs = 500;
  stage.batch = 128;
  return stage;
}

}  // namespace latents
