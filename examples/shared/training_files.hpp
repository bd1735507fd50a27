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

/// The files that a training writes, and the weights that it starts from. Throws FileError for averaged weights that
/// would lie in a checkpoint.
inline void tell_training(io::FilePlan& files, const std::filesystem::path& run, const std::filesystem::path& weights,
                          const std::filesystem::path& from) {
  for (const char* name : {"steps.csv", "steps.jsonl", "epochs.csv", "loss.svg", "latest"})
    files.writes("--run", run / name);
  files.writes("--weights", weights_of(weights, run));
  const auto below = io::place_of(weights).lexically_relative(io::place_of(run));  // empty without --weights
  if (!below.empty() && below.begin()->string().starts_with("ckpt-"))
    throw FileError(weights, "lies in a folder of checkpoints. Choose another place for --weights");
  io::check_weights_name(weights);
  files.reads("--from", from);
}

/// The text in a run's identity for a start from the weights of a file.
inline std::string started_from(const std::filesystem::path& from) {
  return from.empty() ? "" : " from " + from.filename().string();
}

}  // namespace examples
