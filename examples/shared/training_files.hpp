#pragma once
#include <filesystem>
#include <string>

#include <hush/io/file_ending.hpp>
#include <hush/io/file_plan.hpp>

// The files of a training, for all programs that train.
namespace examples {

using namespace hush;

/// The file for the averaged weights.
inline std::filesystem::path weights_of(const std::filesystem::path& weights, const std::filesystem::path& run) {
  return weights.empty() ? run / "weights.safetensors" : weights;
}

/// The files that a training writes, and the weights that it starts from.
inline void tell_training(io::FilePlan& files, const std::filesystem::path& run, const std::filesystem::path& weights,
                          const std::filesystem::path& from) {
  for (const char* name : {"steps.csv", "steps.jsonl", "epochs.csv", "loss.svg"}) files.writes("--run", run / name);
  files.writes("--weights", weights_of(weights, run));
  io::check_weights_name(weights);
  files.reads("--from", from);
}

/// The text in a run's identity for a start from the weights of a file.
inline std::string started_from(const std::filesystem::path& from) {
  return from.empty() ? "" : " from " + from.filename().string();
}

}  // namespace examples
