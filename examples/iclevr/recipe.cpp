#include "recipe.hpp"

#include <algorithm>

#include <hush/data/label_files.hpp>
#include <hush/data/shapes.hpp>
#include <hush/learning_rates/cosine.hpp>

namespace iclevr {

namespace {

constexpr UnetBlock plain = UnetBlock::resnet, attention = UnetBlock::attention, tokens = UnetBlock::cross_attention;

Recipe small() {
  return {.network = {.unet = {.image = {32, 32, 3},
                               .down_block_types = {plain, plain, tokens},
                               .mid_block_type = UnetMiddle::cross_attention,
                               .up_block_types = {tokens, plain, plain},
                               .block_out_channels = {32, 64, 80},
                               .layers_per_block = 1,
                               .num_attention_heads = {4},
                               .norm_num_groups = 8,
                               .scale_shift = true},
                      .mode = LabelMode::tokens,
                      .width = 64},
          .labels = {},
          .optimizer = {.rate = 1e-3, .decay = 1e-3},
          .rate = learning_rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 16,
          .batch = 64,
          .scenes = 16000,
          .validate_every = 1,
          .sample_every = 1,
          .clip_gradient = 1};
}

Recipe medium() {
  return {.network = {.unet = {.image = {64, 64, 3},
                               .down_block_types = {plain, plain, tokens, tokens},
                               .mid_block_type = UnetMiddle::cross_attention,
                               .up_block_types = {tokens, tokens, plain, plain},
                               .block_out_channels = {64, 128, 192, 256},
                               .num_attention_heads = {4},
                               .scale_shift = true},
                      .mode = LabelMode::tokens,
                      .width = 128},
          .labels = {},
          .optimizer = {.rate = 2e-4, .decay = 1e-4},
          .rate = learning_rates::Cosine{.warm_up = 500},
          .ema = {.decay = 0.9999},
          .epochs = 150,
          .batch = 64,
          .scenes = 16206,
          .validate_every = 1,
          .sample_every = 5,
          .clip_gradient = 1};
}

/// A student's UNet2DModel of diffusers, whose first convolution reads 512 channels of labels: no weights are averaged,
/// no labels left out.
Recipe paper() {
  return {.network = {.unet = {.image = {64, 64, 3},
                               .down_block_types = {plain, plain, plain, plain, attention, attention},
                               .up_block_types = {attention, attention, plain, plain, plain, plain},
                               .block_out_channels = {128, 128, 256, 256, 512, 512},
                               .layers_per_block = 3},
                      .mode = LabelMode::fused,
                      .width = 512},
          .labels = {.dropout = 0},
          .optimizer = {.rate = 1e-4, .decay = 0},
          .rate = learning_rates::Cosine{.warm_up = 500},
          .ema = {.decay = 0},
          .epochs = 200,
          .batch = 32,
          .scenes = 16206,
          .validate_every = 2,
          .sample_every = 5,
          .clip_gradient = 0};
}

}  // namespace

Recipe recipe(const std::string& preset) {
  if (preset == "small") return small();
  if (preset == "medium") return medium();
  check(preset == "paper", "preset", "there is no preset ", preset, ": take small, medium or paper");
  return paper();
}

NetworkConfig in_mode(NetworkConfig network, LabelMode mode) {
  const bool attends = mode == LabelMode::tokens;
  for (auto* types : {&network.unet.down_block_types, &network.unet.up_block_types})
    std::replace(types->begin(), types->end(), attends ? attention : tokens, attends ? tokens : attention);
  UnetMiddle& middle = network.unet.mid_block_type;
  if (middle == UnetMiddle::attention || middle == UnetMiddle::cross_attention)
    middle = attends ? UnetMiddle::cross_attention : UnetMiddle::attention;
  if (mode != network.mode) network.width = mode == LabelMode::vector ? 0 : attends ? 64 : 512;
  network.mode = mode;
  return network;
}

Described described(const std::filesystem::path& weights) {
  Described found{examples::model_file<NetworkConfig>(weights, "preset"), recipe("small").process()};
  if (found.model) io::read_description(found.process, found.model->process, "process", weights);
  return found;
}

void check_guidance(const Described& model, double scale, const std::filesystem::path& weights) {
  check(scale == 1 || model.process.conditioning.dropout > 0, "guidance", "--guidance ", scale,
        " wants weights of a network that was trained without labels at times: ", weights.string(),
        " was trained with --label-dropout 0. Give --guidance 1, or train with --label-dropout 0.1");
}

Sets label_lists(const std::filesystem::path& file) {
  return data::read_label_lists(file, data::LabelNames(data::shape_names()));
}

std::string names_of(const std::vector<std::int32_t>& labels) {
  std::string text;
  for (const std::int32_t label : labels) text += (text.empty() ? "" : ", ") + data::shape_name(label);
  return text;
}

}  // namespace iclevr
