#pragma once
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include <hush/data.hpp>
#include <hush/io.hpp>
#include <hush/learning_rates/constant.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/train.hpp>

#include "../shared/fashion_files.hpp"
#include "../shared/training_run.hpp"
#include "recipe.hpp"

namespace fashion {

/// What a preset's training has of its own: the range of its pixels, the distribution of its noise levels, whether each
/// epoch has its own order, what the metadata of its weights say of it, what it is of, and what its loss is.
struct Lesson {
  PixelRange range;
  AnyLevelDistribution levels;
  bool reshuffle = true;
  std::map<std::string, std::string> words;
  std::string identity, loss;
};

/// The preset's settings with those of the command line in their places; the files are checked.
inline Recipe checked_recipe(const TrainArguments& a) {
  Recipe recipe = fashion::recipe(a.preset);
  if (a.epochs) recipe.epochs = a.epochs;
  if (a.batch) recipe.batch = a.batch;
  if (a.rate > 0) recipe.optimizer.rate = a.rate;
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data);
  examples::tell_training(files, a.run, a.weights, a.from);
  examples::on_rank_zero([&] { files.check(); });
  return recipe;
}

/// Trains a network, and writes its weights.
template <class Proc, class Net>
int train_network(const TrainArguments& a, const Recipe& recipe, const Proc& process, Net& net, const Lesson& lesson) {
  const data::Range range{lesson.range.low, lesson.range.high};
  const auto training_set = data::fashion_mnist(a.data, {.limit = a.limit, .range = range});
  const auto held_out = data::fashion_mnist(a.data, {.split = data::Split::test, .limit = a.validate, .range = range});
  std::cout << "network of " << count_parameters(net) << " parameters, " << training_set.size() << " images, "
            << recipe.epochs << " epochs of " << training_set.size() / recipe.batch << " steps" << std::endl;

  // 16 pictures with the averaged weights, always from the same noise
  const auto draw = [](const auto& training) {
    return hush::sample(training.loss.process, training.averaged, Ddim{}, {.steps = 25, .count = 16, .seed = 1});
  };
  const io::Stop stop({.minutes = a.minutes});
  const auto trained = hush::train(
      process, net, recipe.optimizer, training_set,
      {.epochs = recipe.epochs,
       .batch = recipe.batch,
       .seed = a.seed,
       .rate = recipe.rate,
       .clip_gradient = recipe.clip_gradient,
       .ema = recipe.ema,
       .level_distribution = lesson.levels,
       .reshuffle = lesson.reshuffle,
       .accumulate = examples::micro_batches(a.accumulate),
       .pixel_range = lesson.range,
       .validation = &held_out,
       .stop = std::ref(stop),
       .communicator = examples::ranks().all},
      io::Checkpoints(
          {.run = a.run,
           .every = a.save_every,
           .resume = !a.fresh,
           .identity = to_text(lesson.identity, " rate ", recipe.optimizer.rate, examples::started_from(a.from))}),
      io::LossLog(a.run), io::TrainingBar({.what = "train"}), examples::Report{},
      examples::Pictures(a.run, a.sample_every, draw));

  if (examples::ranks().all.rank() > 0) return stop.exit_code();  // rank 0 writes
  examples::plot(a.run, "Fashion-MNIST", lesson.loss);
  const auto weights = examples::weights_of(a.weights, a.run);
  io::save_model(weights, process, trained.averaged, {.dtype = io::Dtype::F16, .metadata = lesson.words});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string() << ", logs in "
            << a.run.string() << std::endl;
  return stop.exit_code();
}

/// `train` on a machine.
template <class B>
int train_on(const TrainArguments& a, const B& on) {
  const Recipe recipe = checked_recipe(a);
  const Diffusion process = fashion::process();
  AttentionUnet<B> unet(recipe.network, process.ports(), Seed{a.seed}, on);
  if (!a.from.empty()) {
    const Described model = described(a.from);
    if (model.literal != a.literal)
      throw FileError(a.from, to_text("holds weights of a run ", model.literal ? "with" : "without",
                                      " --literal, which cannot go on ", a.literal ? "with" : "without", " it"));
    examples::load(a.from, model, process, unet);
  }
  return train_network(a, recipe, process, unet,
                       {.range = a.literal ? PixelRange{0, 1} : PixelRange{-1, 1},
                        .levels = a.literal ? DiscreteUniform{.first = 0, .last = 499} : DiscreteUniform{},
                        .reshuffle = !a.literal,
                        .words = {{"reading", a.literal ? "literal" : "corrected"}},
                        .identity = to_text(a.preset, a.literal ? " literal" : ""),
                        .loss = "mean squared error of the noise"});
}

}  // namespace fashion
