#include "recipe.hpp"

#include <charconv>
#include <hush/io/json.hpp>
#include <hush/learning_rates/constant.hpp>
#include <hush/learning_rates/cosine.hpp>
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
            .rate = learning_rates::Constant{},
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
          .rate = learning_rates::Cosine{.warm_up = 200},
          .ema = {.decay = 0.999},
          .epochs = 30,
          .batch = 32,
          .clip_gradient = 1};
}

std::string words_of(const SplitBy& split) { return split.how == "last" ? "last" : to_text("random ", split.seed); }

SplitBy split_of(const std::string& text) {
  constexpr std::string_view random = "split random ";
  const auto at = text.find(random);
  if (at == text.npos) return {};
  SplitBy split{"random"};
  std::from_chars(text.data() + at + random.size(), text.data() + text.size(), split.seed);
  return split;
}

std::map<std::string, std::string> Told::words() const {
  std::map<std::string, std::string> made{
      {"task", task}, {"mask", mask}, {"preset", preset}, {"split", words_of(split)}};
  if (crop) made["crop"] = "centre";
  if (validate >= 0) made["validate"] = std::to_string(validate);
  if (limit >= 0) made["limit"] = std::to_string(limit);
  return made;
}

std::string seen_in_training(const Told& model, std::int64_t limit, std::int64_t validate, const SplitBy& split) {
  if (model.validate < 0) return {};
  const auto text = [](std::int64_t of, std::int64_t held, const SplitBy& by) {
    return hush::to_text("--limit ", of, " --validate ", held, " --split ", by.how,
                         by.how == "random" ? hush::to_text(" --split-seed ", by.seed) : "");
  };
  const bool same = limit == model.limit && words_of(split) == words_of(model.split);
  if (same && validate <= model.validate) return {};
  return "warning: training held out " + text(model.limit, model.validate, model.split) + ", evaluated is " +
         text(limit, validate, split) +
         ": if this is the folder that it had, some of these pictures trained the network";
}

Described described(const std::filesystem::path& weights) {
  const auto file = examples::model_file<AdmConfig>(weights, "task");
  for (const char* name : {"task", "mask", "preset"})
    if (!file.words.count(name))
      throw FileError(weights, to_text("does not say in its metadata which ", name, " it is of"));
  Described found{{file.words.at("task"), file.words.at("mask"), file.words.at("preset")}, file};
  if (file.words.count("split")) found.split = split_of("split " + file.words.at("split"));
  found.crop = file.words.count("crop") > 0;
  for (const auto& [name, number] : {std::pair{"validate", &found.validate}, std::pair{"limit", &found.limit}})
    if (const auto said = file.words.find(name); said != file.words.end())
      std::from_chars(said->second.data(), said->second.data() + said->second.size(), *number);
  if (file.model) {
    if (const Description* says = file.model->process.find("parameterization"))
      io::read_description(found.says, *says, "process.parameterization", weights);
  } else {
    const io::Json network = io::parse_json(file.words.at("network"), weights);
    if (network.contains("deviation") && network["deviation"].is_number())
      network["deviation"].get_to(found.says.deviation);
  }
  return found;
}

}  // namespace palette
