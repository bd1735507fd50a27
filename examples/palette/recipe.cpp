#include "recipe.hpp"

#include <charconv>
#include <hush/io/json.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/rates/constant.hpp>
#include <hush/rates/cosine.hpp>
#include <string_view>

namespace palette {

Schedules schedules(const std::string& preset) {
  if (preset == "paper") {
    const LinearBeta twenty{.first = 1e-4, .last = 0.09, .steps = 20};
    return {twenty, twenty};
  }
  check(preset == "recommended" || preset == "small", "preset", "there is no preset ", preset,
        ": take small, recommended or paper");
  return {{.first = 1e-6, .last = 0.01, .steps = 2000}, {.first = 1e-4, .last = 0.09, .steps = 1000}};
}

Recipe recipe(const std::string& preset, std::int64_t channels) {
  schedules(preset);
  if (preset != "small")
    return {.network = {.image = {channels == 2 ? 128 : 256, channels == 2 ? 128 : 256, channels}, .dropout = 0.2},
            .says = {},
            .optimizer = {.rate = 5e-5, .decay = 0},
            .rate = rates::Constant{},
            .ema = {},
            .epochs = channels == 2 ? 3 : 200,
            .batch = channels == 2 ? 4 : 8,
            .clip_gradient = 0};
  return {.network = {.image = {32, 32, channels},
                      .channels = 32,
                      .multipliers = {1, 2, 4},
                      .blocks = 1,
                      .attention = {.factors = {4}},
                      .embedding = {.scale = 1000}},
          .says = {.deviation = channels == 2 ? 0.12 : 0},  // that of a and b in photographs of people
          .optimizer = {.rate = 5e-4, .decay = 1e-3},
          .rate = rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 30,
          .batch = 32,
          .clip_gradient = 1};
}

namespace {

io::Json words_of(const Described& model) {
  const AdmConfig& c = model.network;
  return {{"height", c.image.height},
          {"width", c.image.width},
          {"image_channels", c.image.channels},
          {"channels", c.channels},
          {"multipliers", c.multipliers},
          {"blocks", c.blocks},
          {"attention_factors", c.attention.factors},
          {"head_channels", c.head_channels},
          {"dropout", c.dropout},
          {"embedding_scale", c.embedding.scale},
          {"deviation", model.says.deviation}};
}

}  // namespace

std::string words_of(const SplitBy& split) { return split.how == "last" ? "last" : words("random ", split.seed); }

SplitBy split_of(const std::string& text) {
  constexpr std::string_view random = "split random ";
  const auto at = text.find(random);
  if (at == text.npos) return {};
  SplitBy split{"random"};
  std::from_chars(text.data() + at + random.size(), text.data() + text.size(), split.seed);
  return split;
}

std::map<std::string, std::string> description(const Described& model) {
  std::map<std::string, std::string> about{{"task", model.task},
                                           {"mask", model.mask},
                                           {"preset", model.preset},
                                           {"network", words_of(model).dump()},
                                           {"split", words_of(model.split)}};
  if (model.crop) about["crop"] = "centre";
  return about;
}

void check_same(const Described& weights, const Described& wanted, const std::filesystem::path& file) {
  const io::Json theirs = words_of(weights), mine = words_of(wanted);
  for (const auto& [name, value] : mine.items())
    if (theirs.at(name) != value && name != "height" && name != "width" && name != "dropout")
      throw FileError(file, words("holds weights of another network: ", name, " is ", theirs.at(name).dump(),
                                  ", wanted is ", value.dump()));
}

Described described(const std::filesystem::path& weights) {
  const auto about = io::read_safetensors(weights).metadata;
  for (const char* name : {"task", "mask", "preset", "network"})
    if (!about.count(name)) throw FileError(weights, words("does not say in its metadata which ", name, " it is of"));
  Described model{about.at("task"), about.at("mask"), about.at("preset"), {}, {}};
  if (about.count("split")) model.split = split_of("split " + about.at("split"));
  model.crop = about.count("crop") > 0;
  const io::Json n = io::parse_json(about.at("network"), weights);
  AdmConfig& c = model.network;
  try {
    n.at("height").get_to(c.image.height), n.at("width").get_to(c.image.width);
    n.at("image_channels").get_to(c.image.channels), n.at("channels").get_to(c.channels);
    n.at("multipliers").get_to(c.multipliers), n.at("blocks").get_to(c.blocks);
    n.at("attention_factors").get_to(c.attention.factors), n.at("head_channels").get_to(c.head_channels);
    n.at("dropout").get_to(c.dropout), n.at("embedding_scale").get_to(c.embedding.scale);
    n.at("deviation").get_to(model.says.deviation);
  } catch (const io::Json::exception&) {
    throw FileError(weights, "describes its network in words this program does not know");
  }
  return model;
}

}  // namespace palette
