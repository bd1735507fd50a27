#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include <hush/backbones/attention_unet.hpp>
#include <hush/learning_rate.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/training/ema.hpp>

#include "where.hpp"

// What a training is told.
namespace examples {

/// What a preset stands for.
struct Recipe {
  hush::AttentionUnetConfig network;
  hush::AdamW optimizer;
  hush::AnyLearningRate rate;
  hush::Ema ema;
  std::int64_t epochs, batch;
  double clip_gradient;
};

/// What a command line says; 0 epochs, batch and rate: as the preset has them.
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
