#pragma once
#include <string>
#include <vector>

#include "run_options.hpp"
#include "train_arguments.hpp"

namespace examples {

/// The options of a `train` on Fashion-MNIST.
inline void add_training(CLI::App& train, TrainArguments& t, const std::vector<std::string>& presets,
                         const std::string& about_presets) {
  train.add_option("--data", t.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  train.add_option("--limit", t.limit, "Images to train on, from the first; 0: all")->check(at_least(0));
  train.add_option("--validate", t.validate, "Images of the test set to validate on after each epoch; 0: all")
      ->check(at_least(0));
  add_run(train, t, presets, about_presets);
}

}  // namespace examples
