#include "recipe.hpp"

#include <algorithm>
#include <hush/io/safetensors.hpp>
#include <hush/rates/cosine.hpp>

#include "../attention_unet_words.hpp"

namespace ncsn {

Recipe recipe(const std::string& preset) {
  if (preset == "large")
    return {.network = {},
            .optimizer = {.rate = 1e-3, .decay = 1e-2},
            .rate = rates::Cosine{.warm_up = 500},
            .ema = {.decay = 0.999},
            .epochs = 50,
            .batch = 128,
            .clip_gradient = 1};
  check(preset == "small", "train", "there is no preset ", preset, ": take small or large");
  return {.network = {.widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16},
          .optimizer = {.rate = 1.5e-3, .decay = 1e-2},
          .rate = rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 4,
          .batch = 64,
          .clip_gradient = 1};
}

std::map<std::string, std::string> description(const AttentionUnetConfig& network) {
  return {{"network", examples::words_of(network)}, {"says", "ncsn"}};
}

AttentionUnetConfig described(const std::filesystem::path& weights) {
  const auto about = io::read_safetensors(weights).metadata;
  const auto says = about.find("says");
  if (says == about.end() || says->second != "ncsn") throw FileError(weights, "is not a score network of this program");
  return examples::network_of(about, weights);
}

Images<float> to_picture(Images<float> images) {
  for (float& value : images.pixels) value = 2 * std::clamp(value, 0.f, 1.f) - 1;
  return images;
}

}  // namespace ncsn
