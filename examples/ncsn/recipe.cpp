#include "recipe.hpp"

#include <algorithm>
#include <hush/learning_rates/cosine.hpp>

namespace ncsn {

Recipe recipe(const std::string& preset) {
  if (preset == "large")
    return {.network = {},
            .optimizer = {.rate = 1e-3, .decay = 1e-2},
            .rate = learning_rates::Cosine{.warm_up = 500},
            .ema = {.decay = 0.999},
            .epochs = 50,
            .batch = 128,
            .clip_gradient = 1};
  check(preset == "small", "train", "there is no preset ", preset, ": take small or large");
  return {.network = {.widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16},
          .optimizer = {.rate = 1.5e-3, .decay = 1e-2},
          .rate = learning_rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 4,
          .batch = 64,
          .clip_gradient = 1};
}

Described described(const std::filesystem::path& weights) {
  return examples::model_file<AttentionUnetConfig>(weights, "says");
}

Images<float> to_picture(Images<float> images) {
  for (float& value : images.pixels) value = 2 * std::clamp(value, 0.f, 1.f) - 1;
  return images;
}

}  // namespace ncsn
