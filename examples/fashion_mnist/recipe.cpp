#include "recipe.hpp"

#include <hush/learning_rates/constant.hpp>
#include <hush/learning_rates/cosine.hpp>

namespace fashion {

Recipe recipe(const std::string& preset) {
  if (preset == "paper")
    return {.network = {},
            .optimizer = {.rate = 1e-3, .eps = 1e-7, .decay = 1e-4, .decay_is = Decay::absolute},
            .rate = learning_rates::Constant{},
            .ema = {},
            .epochs = 50,
            .batch = 256,
            .clip_gradient = 0};
  if (preset == "dit")
    return {.network = {},
            .optimizer = {.rate = 1e-3, .decay = 1e-2},
            .rate = learning_rates::Cosine{.warm_up = 500},
            .ema = {.decay = 0.999},
            .epochs = 20,
            .batch = 64,
            .clip_gradient = 1};
  check(preset == "small", "train", "there is no preset ", preset, ": take small, paper or dit");
  return {.network = {.widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16},
          .optimizer = {.rate = 1.5e-3, .decay = 1e-2},
          .rate = learning_rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 5,
          .batch = 64,
          .clip_gradient = 1};
}

DitConfig dit_network() {
  return {.image = {32, 32, 1},
          .patch = 4,
          .width = 128,
          .depth = 6,
          .heads = 4,
          .time_scale = 1000,
          .qk_norm = true,
          .rope = true};
}

bool of_dit(const std::filesystem::path& weights) {
  const auto model = io::read_model(weights);
  return model && model->network.text == "Dit";
}

Described described(const std::filesystem::path& weights) {
  Described found{examples::model_file<AttentionUnetConfig>(weights, "reading")};
  found.literal = found.words.count("reading") && found.words.at("reading") == "literal";
  return found;
}

}  // namespace fashion
