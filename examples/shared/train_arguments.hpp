#pragma once
#include <cstdint>
#include <filesystem>

#include <hush/backbones/attention_unet.hpp>
#include <hush/learning_rate.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/training/ema.hpp>

#include "run_arguments.hpp"

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

/// The command line of a `train` on Fashion-MNIST.
struct TrainArguments : RunArguments {
  std::filesystem::path data;
  std::int64_t limit = 0, validate = 1000;
};

}  // namespace examples
