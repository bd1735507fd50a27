#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <hush/io/checkpoint_files.hpp>
#include <hush/io/json.hpp>
#include <hush/io/models.hpp>
#include <hush/io/run_identity.hpp>
#include <hush/io/weights.hpp>
#include <hush/training/trainer.hpp>

// What a checkpoint holds of one trainer: a training has one, a GAN's two.
namespace hush::io::detail {

/// Adds the weights of a trainer, their average and the moments of its optimizer, each file's name behind `prefix`.
template <class T>
void add_arrays(Checkpoint& checkpoint, const std::string& prefix, const T& trainer) {
  Description process;
  if constexpr (requires { trainer.loss.process; }) process = describe(trainer.loss.process);
  const std::string model = model_json({process, describe_network(trainer.net)});
  checkpoint.files[prefix + "weights"] = arrays_of(trainer.weights, trainer.weights.values());
  checkpoint.files[prefix + "ema"] = arrays_of(trainer.weights, trainer.average.values());
  for (const char* name : {"weights", "ema"}) checkpoint.files[prefix + name].metadata[model_entry] = model;
  for (std::size_t i = 0; i < trainer.moments.size(); ++i)
    checkpoint.files[to_text(prefix, "moment", i + 1)] = arrays_of(trainer.weights, trainer.moments[i]);
}

/// Fills a trainer from what `add_arrays` added. Throws FileError, naming the file.
template <class T>
void read_arrays(const Checkpoint& checkpoint, const std::filesystem::path& folder, const std::string& prefix,
                 T& trainer) {
  const auto fill = [&](const std::string& stem, auto& array) {
    const std::string name = prefix + stem;
    const auto found = checkpoint.files.find(name);
    if (found == checkpoint.files.end())
      throw FileError(folder / state_file, to_text("the checkpoint has no ", name, ".safetensors"));
    fill_from(trainer.weights, found->second, folder / (name + ".safetensors"), array);
  };
  fill("weights", trainer.weights.values());
  fill("ema", trainer.average.values());
  for (std::size_t i = 0; i < trainer.moments.size(); ++i) fill(to_text("moment", i + 1), trainer.moments[i]);
}

/// The reports of a trainer's epochs so far, and the sum of losses of the one in progress.
template <class T>
Json reports_of(const T& trainer) {
  Json epochs = Json::array();
  for (const EpochReport& e : trainer.epochs) {
    const auto finite = [](double loss) { return std::isfinite(loss) ? Json(loss) : Json(); };
    epochs.push_back({{"epoch", e.epoch},
                      {"step", e.step},
                      {"loss", e.loss},
                      {"validation_loss", finite(e.validation_loss)},
                      {"validation_hole_loss", finite(e.validation_hole_loss)}});
  }
  return {{"epoch_loss", trainer.epoch_loss}, {"epochs", epochs}};
}

/// Sets the reports of a trainer.
template <class T>
void read_reports(T& trainer, const Json& state, const std::filesystem::path& file) {
  trainer.epoch_loss = member(state, "epoch_loss", file).template get<double>();
  trainer.epochs.clear();
  for (const Json& e : member(state, "epochs", file)) {
    EpochReport report{e.at("epoch").get<std::int64_t>(), e.at("step").get<std::int64_t>(), e.at("loss").get<double>()};
    const auto read = [&](const char* name, double& loss) {
      if (e.contains(name) && !e.at(name).is_null()) loss = e.at(name).template get<double>();
    };
    read("validation_loss", report.validation_loss);
    read("validation_hole_loss", report.validation_hole_loss);
    trainer.epochs.push_back(report);
  }
}

}  // namespace hush::io::detail
