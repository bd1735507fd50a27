#include "recipe.hpp"

#include <hush/io/safetensors.hpp>
#include <hush/rates/constant.hpp>
#include <hush/rates/cosine.hpp>

#include "../attention_unet_words.hpp"

namespace fashion {

Recipe recipe(const std::string& preset) {
  if (preset == "paper")
    return {.network = {},
            .optimizer = {.rate = 1e-3, .eps = 1e-7, .decay = 1e-4, .decay_is = Decay::absolute},
            .rate = rates::Constant{},
            .ema = {},
            .epochs = 50,
            .batch = 256,
            .clip_gradient = 0};
  check(preset == "small", "train", "there is no preset ", preset, ": take small or paper");
  return {.network = {.widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16},
          .optimizer = {.rate = 1.5e-3, .decay = 1e-2},
          .rate = rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 5,
          .batch = 64,
          .clip_gradient = 1};
}

std::map<std::string, std::string> description(const AttentionUnetConfig& network, bool literal) {
  return {{"network", examples::words_of(network)}, {"reading", literal ? "literal" : "corrected"}};
}

Described described(const std::filesystem::path& weights) {
  const auto about = io::read_safetensors(weights).metadata;
  return {examples::network_of(about, weights), about.count("reading") && about.at("reading") == "literal"};
}

void check_same(const Described& weights, const Described& wanted, const std::filesystem::path& file) {
  examples::check_same(weights.network, wanted.network, file);
  if (weights.literal != wanted.literal)
    throw FileError(file, words("holds weights of a run ", weights.literal ? "with" : "without",
                                " --literal, which cannot go on ", wanted.literal ? "with" : "without", " it"));
}

}  // namespace fashion
