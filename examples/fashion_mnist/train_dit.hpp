#pragma once
#include <hush/backbones/dit.hpp>
#include <hush/level_distributions/log_normal.hpp>

#include "train.hpp"

namespace fashion {

/// `train --preset dit` on a machine: flow matching with the noise levels of Esser et al. 2024 (section 3.1),
/// logit-normal times, which are log-normal ratios of noise to signal.
template <class B>
int train_dit_on(const TrainArguments& a, const B& on) {
  check(!a.literal, "train", "--literal is a reading of the tutorial, the preset dit is not of it");
  const Recipe recipe = checked_recipe(a);
  const Flow process = flow();
  Dit<B> net(dit_network(), process.ports(), Seed{a.seed}, on);
  if (!a.from.empty()) io::load_model(a.from, process, net);
  return train_network(a, recipe, process, net,
                       {.range = {},
                        .levels = LogNormal{.mean = 0, .deviation = 1},
                        .words = {},
                        .identity = a.preset,
                        .loss = "mean squared error of noise less image"});
}

}  // namespace fashion
