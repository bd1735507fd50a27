#pragma once
#include <string>
#include <vector>

#include "command_line.hpp"
#include "run_arguments.hpp"

namespace examples {

/// The options of a `train` besides those of its data.
inline void add_run(CLI::App& train, RunArguments& t, const std::vector<std::string>& presets,
                    const std::string& about_presets) {
  train.add_option("--run", t.run, "Folder for checkpoints, logs, sample grids");
  train
      .add_option("--weights", t.weights,
                  "File for the averaged weights (default: weights.safetensors in the run folder)")
      ->always_capture_default(false);
  train
      .add_option("--from", t.from, "Start from the weights in this file, of the same preset (default: from the seed)")
      ->always_capture_default(false);
  train.add_option("--preset", t.preset, about_presets)->check(CLI::IsMember(presets));
  train.add_option("--epochs", t.epochs, "Epochs, 0: as the preset says")->check(at_least(0));
  train.add_option("--batch", t.batch, "Images a step, 0: as the preset says")->check(at_least(0));
  add_ranks(train, t.accumulate, t.time_limit);
  train.add_option("--rate", t.rate, "Learning rate, 0: as the preset says")->check(at_least(0));
  train.add_option("--save-every", t.save_every, "Steps between checkpoints, 0: one an epoch")->check(at_least(0));
  train.add_option("--sample-every", t.sample_every, "Epochs between sample grids, 0: none")->check(at_least(0));
  train.add_option("--minutes", t.minutes, "Stop after so many minutes, 0: when all epochs are done")
      ->check(at_least(0));
  train.add_flag("--fresh", t.fresh, "Refuse to resume: an error if the run folder holds checkpoints");
  train.add_option("--seed", t.seed, "Seed of weights, order, levels and noise")->check(seed());
  add_where(train, t.where);
}

}  // namespace examples
