#pragma once
#include <functional>
#include <iostream>

#include <hush/io.hpp>
#include <hush/latent.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/dpm_solver.hpp>
#include <hush/train.hpp>

#include "../shared/training_run.hpp"
#include "files.hpp"
#include "recipe.hpp"

namespace latents {

/// `train` on a machine.
template <class B>
int train_on(const TrainArguments& a, const B& on) {
  io::FilePlan files;
  files.reads_folder("--data", a.data);
  files.reads("--autoencoder", a.autoencoder);
  examples::tell_training(files, a.run, a.weights, a.from);
  examples::on_rank_zero([&] { files.check(); });
  const Latent latent{autoencoder_of(a.autoencoder, on), latents::process()};
  auto stage = second_stage(a.preset, latent.autoencoder().latent());
  if (a.epochs) stage.epochs = a.epochs;
  if (a.batch) stage.batch = a.batch;
  if (a.rate > 0) stage.optimizer.rate = a.rate;
  AttentionUnet<B> unet(stage.network, latent.ports(), Seed{a.seed}, on);
  if (!a.from.empty()) io::load_model(a.from, latent, unet);
  const auto [pictures, held_out] = pictures_of(a.data, latent.autoencoder().image(), a.limit, a.validate, stage.batch);
  std::cout << "network of " << count_parameters(unet) << " parameters for latents of " << unet.image() << ", "
            << pictures.size() << " pictures, " << stage.epochs << " epochs of " << pictures.size() / stage.batch
            << " steps" << std::endl;

  // 16 pictures with the averaged weights, always from the same noise
  const auto draw = [](const auto& training) {
    return hush::sample(training.loss.process, training.averaged, DpmSolverPp{},
                        {.steps = 25, .count = 16, .batch = 8, .seed = 1});
  };
  const io::Stop stop({.minutes = a.minutes});
  const auto trained =
      hush::train(latent, unet, stage.optimizer, pictures,
                  TrainOptions<data::ImageFolder>{.epochs = stage.epochs,
                                                  .batch = stage.batch,
                                                  .seed = a.seed,
                                                  .rate = stage.rate,
                                                  .clip_gradient = stage.clip_gradient,
                                                  .ema = stage.ema,
                                                  .accumulate = examples::micro_batches(a.accumulate),
                                                  .validation = held_out.size() ? &held_out : nullptr,
                                                  .stop = std::ref(stop),
                                                  .communicator = examples::ranks().all},
                  io::Checkpoints({.run = a.run,
                                   .every = a.save_every,
                                   .resume = !a.fresh,
                                   .identity = to_text("latent ", a.preset, examples::started_from(a.from))}),
                  io::LossLog(a.run), io::TrainingBar({.what = "train"}), examples::Report{},
                  examples::Pictures(a.run, a.sample_every, draw));

  if (examples::ranks().all.rank() > 0) return stop.exit_code();  // rank 0 writes
  examples::plot(a.run, "latent diffusion", "mean squared error of the velocity");
  const auto weights = examples::weights_of(a.weights, a.run);
  io::save_model(weights, latent, trained.averaged, {.dtype = io::Dtype::F16});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string() << ", logs in "
            << a.run.string() << std::endl;
  return stop.exit_code();
}

}  // namespace latents
