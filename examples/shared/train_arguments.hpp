#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include <hush/backbones/attention_unet.hpp>
#include <hush/learning_rate.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/training/ema.hpp>

#include "where.hpp"

// The arguments of the `train` commands.
namespace examples {

/// The settings of a preset.
struct Recipe {
  hush::AttentionUnetConfig network;
  hush::AdamW optimizer;
  hush::AnyLearningRate rate;
  hush::Ema ema;
  std::int64_t epochs, batch;
  double clip_gradient;
};

/// The command line of `train`; 0 epochs, batch or rate: the preset's.
struct TrainArguments {
  std::filesystem::path data, run, weights, from;
  std::string preset = "small";
  bool fresh = false;
  std::int64_t epochs = 0, batch = 0, limit = 0, validate = 1000, save_every = 0, sample_every = 0;
  double rate = 0, minutes = 0;
  std::uint64_t seed = 0;
  Where where;
};

}  // namespace examples
