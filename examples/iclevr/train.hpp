#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <hush/io.hpp>
#include <hush/random/philox.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/train.hpp>

#include "../shared/best_weights.hpp"
#include "../shared/training_run.hpp"
#include "pictures.hpp"

namespace iclevr {

/// An observer that keeps the weights of the least validation loss.
struct Best {
  examples::BestWeights weights;
  template <class T>
  void start(const T& training) {
    weights.start(training);
  }
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    weights.offer(training, report.step, report.validation_loss);
  }
};

/// An observer that writes, every few epochs, epoch-N.png: pictures of the labels of the first validation items above
/// the items themselves; and inference.png and ground_truth.png of one at random.
struct Progress {
  const LabelledPictures& held_out;
  std::filesystem::path run;
  std::int64_t sample_every;

  template <class T>
  void epoch(const T& training, const EpochReport& report) const {
    if (sample_every <= 0 || (report.epoch + 1) % sample_every != 0 || held_out.size() == 0) return;
    std::vector<std::int64_t> items(std::size_t(std::min<std::int64_t>(8, held_out.size())));
    std::iota(items.begin(), items.end(), 0);
    Uniform uniform{Stream{training.options.seed, std::uint32_t(report.epoch), 0, purpose("shown item")}};
    items.push_back(std::int64_t(uniform.below(std::uint32_t(held_out.size()))));
    const Examples<LabelSets> truth = held_out.batch(items);
    const Images<float> made = hush::sample(training.loss.process, training.averaged, Ddim{}, truth.given,
                                            {.steps = 50, .count = std::int64_t(items.size()), .batch = 16, .seed = 1});
    const auto first = [&](const Images<float>& images, std::int64_t from, std::int64_t count) {
      const auto at = images.pixels.begin() + from * images.stride();
      return Images<float>(count, images.height, images.width, images.channels, {at, at + count * images.stride()});
    };
    const std::int64_t shown = std::int64_t(items.size()) - 1;
    Images<float> both = first(made, 0, shown);
    const Images<float> below = first(truth.images, 0, shown);
    both.pixels.insert(both.pixels.end(), below.pixels.begin(), below.pixels.end());
    both.count += shown;
    io::write_grid(run / to_text("epoch-", report.epoch + 1, ".png"), both, {.columns = shown, .scale = 2});
    io::write_grid(run / "inference.png", first(made, shown, 1));
    io::write_grid(run / "ground_truth.png", first(truth.images, shown, 1));
  }
};

/// The settings of a command line: the preset's, but for what it says itself.
inline Recipe settings(const TrainArguments& a) {
  Recipe recipe = iclevr::recipe(a.preset);
  if (a.epochs) recipe.epochs = a.epochs;
  if (a.batch) recipe.batch = a.batch;
  if (a.scenes) recipe.scenes = a.scenes;
  if (a.rate > 0) recipe.optimizer.rate = a.rate;
  if (a.sample_every >= 0) recipe.sample_every = a.sample_every;
  if (a.label_dropout >= 0) recipe.labels.dropout = a.label_dropout;
  const auto mode = std::find(label_modes.begin(), label_modes.end(), a.label_mode);
  if (mode != label_modes.end())
    recipe.network = in_mode(std::move(recipe.network), LabelMode(mode - label_modes.begin()));
  return recipe;
}

/// Throws FileError for files that cannot be read or written, before the work.
inline void check_files(const TrainArguments& a) {
  io::FilePlan files;
  if (!a.pictures.empty()) files.reads_folder("--pictures", a.pictures);
  files.reads("--labels", a.labels);
  examples::tell_training(files, a.run, a.weights, a.from);
  for (const char* name : {"best.safetensors", "inference.png", "ground_truth.png"})
    files.writes("--run", a.run / name);
  examples::on_rank_zero([&] { files.check(); });
}

/// How `train` trains; the validation pictures and the clock must outlive it.
inline TrainOptions<LabelledPictures> options_of(const TrainArguments& a, const Recipe& recipe,
                                                 const LabelledPictures& held_out, const io::Stop& stop) {
  return {.epochs = recipe.epochs,
          .batch = recipe.batch,
          .seed = a.seed,
          .rate = recipe.rate,
          .clip_gradient = recipe.clip_gradient,
          .ema = recipe.ema,
          .accumulate = examples::micro_batches(a.accumulate),
          .validation = held_out.size() ? &held_out : nullptr,
          .validate_every = recipe.validate_every,
          .stop = std::ref(stop),
          .communicator = examples::ranks().all};
}
inline io::CheckpointOptions checkpoints_of(const TrainArguments& a) {
  const char* data = a.pictures.empty() ? " scenes" : a.no_flip ? " pictures, no flip" : " pictures";
  return {.run = a.run,
          .every = a.save_every,
          .resume = !a.fresh,
          .identity = to_text(a.preset, data, examples::started_from(a.from))};
}

/// `train` on a machine.
template <class B>
int train_on(const TrainArguments& a, const B& on) {
  const Recipe recipe = settings(a);
  check_files(a);
  const auto [pictures, held_out] = pictures_of(a, recipe.scenes, recipe.network.unet.image);
  check(pictures.size() >= recipe.batch, "train", pictures.size(), " pictures to train on are fewer than one batch of ",
        recipe.batch, ": give a smaller --batch, or more pictures");
  const Diffusion process = recipe.process();
  Network<B> network(recipe.network, process.ports(), Seed{a.seed}, on);
  if (!a.from.empty()) examples::load(a.from, described(a.from), process, network, {"process.conditioning.dropout"});
  std::cout << "network of " << count_parameters(network) << " parameters, " << pictures.size()
            << (a.pictures.empty() ? " new scenes an epoch, " : " pictures, ") << recipe.epochs << " epochs of "
            << pictures.size() / recipe.batch << " steps" << std::endl;

  const std::map<std::string, std::string> words{{"preset", a.preset}};
  Best best{{a.run, "validation_loss", words}};
  const io::Stop stop({.minutes = a.minutes});
  const auto trained =
      hush::train(process, network, recipe.optimizer, pictures, options_of(a, recipe, held_out, stop),
                  io::Checkpoints(checkpoints_of(a)), io::LossLog(a.run), io::TrainingBar({.what = "train"}),
                  examples::Report{}, best, Progress{held_out, a.run, recipe.sample_every});

  if (examples::ranks().all.rank() > 0) return stop.exit_code();  // rank 0 writes
  examples::plot(a.run, "iCLEVR", "mean squared error of the noise");
  const auto weights = examples::weights_of(a.weights, a.run);
  io::save_model(weights, process, trained.averaged, {.dtype = io::Dtype::F16, .metadata = words});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string();
  if (held_out.size()) std::cout << ", those of the best epoch in " << best.weights.file().string();
  std::cout << ", logs in " << a.run.string() << std::endl;
  return stop.exit_code();
}

}  // namespace iclevr
