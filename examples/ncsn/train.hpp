#pragma once
#include <functional>
#include <iostream>

#include <hush/data.hpp>
#include <hush/io.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/annealed_langevin.hpp>
#include <hush/train.hpp>
#include <hush/weightings/sigma_squared.hpp>

#include "../shared/fashion_files.hpp"
#include "../shared/training_run.hpp"
#include "recipe.hpp"

namespace ncsn {

/// `train` on a machine: denoising score matching, the errors of the score times sigma^2 (NCSN, eq. 6).
template <class B>
int train_on(const TrainArguments& a, const B& on) {
  Recipe recipe = ncsn::recipe(a.preset);
  if (a.epochs) recipe.epochs = a.epochs;
  if (a.batch) recipe.batch = a.batch;
  if (a.rate > 0) recipe.optimizer.rate = a.rate;
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data);
  examples::tell_training(files, a.run, a.weights, a.from);
  examples::on_rank_zero([&] { files.check(); });
  const data::Range range{0, 1};
  const auto training_set = data::fashion_mnist(a.data, {.limit = a.limit, .range = range});
  const auto held_out = data::fashion_mnist(a.data, {.split = data::Split::test, .limit = a.validate, .range = range});

  const Diffusion process = ncsn::process();
  AttentionUnet<B> unet(recipe.network, process.ports(), Seed{a.seed}, on);
  if (!a.from.empty()) examples::load(a.from, described(a.from), process, unet);
  std::cout << "network of " << count_parameters(unet) << " parameters, " << training_set.size() << " images, "
            << recipe.epochs << " epochs of " << training_set.size() / recipe.batch << " steps" << std::endl;

  // 16 pictures with the averaged weights, always from the same noise, with a fifth of the updates
  const auto draw = [](const auto& training) {
    return to_picture(hush::sample(training.loss.process, training.averaged,
                                   AnnealedLangevin{.epsilon = 1e-4, .repeats = 20, .denoise = true},
                                   {.steps = 10, .count = 16, .seed = 1, .clip = 0, .start = FromUniform{0, 1}}));
  };
  const io::Stop stop({.minutes = a.minutes});
  const auto trained = hush::train(
      process, unet, recipe.optimizer, training_set,
      {.epochs = recipe.epochs,
       .batch = recipe.batch,
       .seed = a.seed,
       .rate = recipe.rate,
       .clip_gradient = recipe.clip_gradient,
       .ema = recipe.ema,
       .weighting = SigmaSquared{},
       .accumulate = examples::micro_batches(a.accumulate),
       .pixel_range = {range.black, range.white},
       .validation = &held_out,
       .stop = std::ref(stop),
       .communicator = examples::ranks().all},
      io::Checkpoints(
          {.run = a.run,
           .every = a.save_every,
           .resume = !a.fresh,
           .identity = to_text("ncsn ", a.preset, " rate ", recipe.optimizer.rate, examples::started_from(a.from))}),
      io::LossLog(a.run), io::TrainingBar({.what = "train"}), examples::Report{},
      examples::Pictures(a.run, a.sample_every, draw));

  if (examples::ranks().all.rank() > 0) return stop.exit_code();  // rank 0 writes
  examples::plot(a.run, "Fashion-MNIST", "squared error of the score times sigma squared");
  const auto weights = examples::weights_of(a.weights, a.run);
  io::save_model(weights, process, trained.averaged, {.dtype = io::Dtype::F16});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string() << ", logs in "
            << a.run.string() << std::endl;
  return stop.exit_code();
}

}  // namespace ncsn
