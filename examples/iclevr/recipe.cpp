#include "recipe.hpp"

#include <hush/data/label_files.hpp>
#include <hush/data/shapes.hpp>
#include <hush/learning_rates/cosine.hpp>

namespace iclevr {

namespace {

Recipe small() {
  return {.network = {.image = {32, 32, 3},
                      .channels = 32,
                      .multipliers = {1, 2, 3},
                      .blocks = 1,
                      .attention = {.factors = {4}},
                      .residual_resampling = false,
                      .groups = 8},
          .labels = {},
          .optimizer = {.rate = 1e-3, .decay = 1e-3},
          .rate = learning_rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 20,
          .batch = 64,
          .scenes = 16000,
          .validate_every = 1,
          .sample_every = 1,
          .clip_gradient = 1};
}

Recipe medium() {
  return {.network = {.image = {64, 64, 3},
                      .channels = 64,
                      .multipliers = {1, 2, 3, 4},
                      .blocks = 2,
                      .attention = {.factors = {4, 8}}},
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

/// The sizes of a student's UNet2DModel of diffusers, as a network of this library: no weights are averaged, no labels
/// left out.
Recipe paper() {
  return {.network = {.image = {64, 64, 3},
                      .channels = 128,
                      .multipliers = {1, 1, 2, 2, 4, 4},
                      .blocks = 3,
                      .attention = {.factors = {16, 32}},
                      .head_channels = 8,
                      .scale_shift = false,
                      .residual_resampling = false},
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

Described described(const std::filesystem::path& weights) {
  Described found{examples::model_file<NetworkConfig>(weights, "preset"), recipe("small").process()};
  if (found.model) io::read_description(found.process, found.model->process, "process", weights);
  return found;
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
