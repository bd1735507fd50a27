#include "recipe.hpp"

#include <hush/io/json.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/rates/constant.hpp>
#include <hush/rates/cosine.hpp>

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

std::map<std::string, std::string> description(const AttentionUnetConfig& c, bool literal) {
  const io::Json network{{"widths", c.widths},         {"bottleneck", c.bottleneck}, {"heads", c.heads},
                         {"head_width", c.head_width}, {"embedding", c.embedding},   {"eps", c.eps}};
  return {{"network", network.dump()}, {"reading", literal ? "literal" : "corrected"}};
}

Described described(const std::filesystem::path& weights) {
  const auto about = io::read_safetensors(weights).metadata;
  const auto found = about.find("network");
  if (found == about.end()) throw FileError(weights, "does not say in its metadata which network it belongs to");
  const io::Json n = io::parse_json(found->second, weights);
  AttentionUnetConfig config;
  try {
    n.at("widths").get_to(config.widths);
    n.at("bottleneck").get_to(config.bottleneck), n.at("heads").get_to(config.heads);
    n.at("head_width").get_to(config.head_width), n.at("embedding").get_to(config.embedding);
    n.at("eps").get_to(config.eps);
  } catch (const io::Json::exception&) {
    throw FileError(weights, "describes its network in words this program does not know");
  }
  return {config, about.count("reading") && about.at("reading") == "literal"};
}

}  // namespace fashion
