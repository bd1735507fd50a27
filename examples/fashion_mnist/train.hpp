#pragma once
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include <hush/data.hpp>
#include <hush/io.hpp>
#include <hush/rates/constant.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/train.hpp>

#include "recipe.hpp"

namespace fashion {

inline volatile std::sig_atomic_t asked_to_stop = 0;

/// An observer that draws 16 pictures with the averaged weights every few epochs, always from the same noise.
class Pictures {
 public:
  Pictures(std::filesystem::path folder_, std::int64_t every_) : folder(std::move(folder_)), every(every_) {}
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    if (every <= 0 || (report.epoch + 1) % every != 0) return;
    const auto images =
        hush::sample(training.process, training.averaged, Ddim{}, {.steps = 25, .count = 16, .seed = 1});
    io::write_grid(folder / words("epoch-", report.epoch + 1, ".png"), images, {.scale = 2});
  }

 private:
  std::filesystem::path folder;
  std::int64_t every;
};

/// An observer that prints an epoch's losses, as the document does.
struct Report {
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    const auto now = std::chrono::steady_clock::now();
    std::printf("epoch %lld of %lld: training MSE %.4f", static_cast<long long>(report.epoch + 1),
                static_cast<long long>(training.options.epochs), report.loss);
    if (training.options.validation) std::printf(", validation MSE %.4f", report.validation_loss);
    std::printf(", %.1f s\n", std::chrono::duration<double>(now - begin).count());
    std::fflush(stdout);
    begin = now;
  }
};

/// The loss curve of the whole run: the running mean of what steps.csv holds, and the validation loss of each epoch.
inline void plot(const std::filesystem::path& run, const std::vector<EpochReport>& epochs) {
  io::Curve training{.name = "training (running mean)"}, validation{.name = "validation"};
  std::ifstream rows(run / "steps.csv");
  std::string row;
  std::getline(rows, row);  // the names of the columns
  double mean = 0, weight = 0;
  for (std::int64_t step = 1; std::getline(rows, row); ++step) {
    mean += 0.03 * (std::stod(row.substr(row.find(',') + 1)) - mean), weight += 0.03 * (1 - weight);
    if (step % 5 == 0) training.x.push_back(double(step)), training.y.push_back(mean / weight);
  }
  for (const EpochReport& e : epochs)
    if (std::isfinite(e.validation_loss))
      validation.x.push_back(double(e.step)), validation.y.push_back(e.validation_loss);
  io::write_curves(
      run / "loss.svg", {training, validation},
      {.title = "Fashion-MNIST", .x = "step", .y = "mean squared error of the noise", .logarithmic = true});
}

/// `train` on a machine.
template <class B>
int train_on(const TrainArguments& a, const B& on) {
  Recipe recipe = fashion::recipe(a.preset);
  if (a.epochs) recipe.epochs = a.epochs;
  if (a.batch) recipe.batch = a.batch;
  if (a.rate > 0) recipe.optimizer.rate = a.rate;
  const data::Range range = a.literal ? data::Range{0, 1} : data::Range{-1, 1};
  const auto training_set = data::fashion_mnist(a.data, {.limit = a.limit, .range = range});
  const auto held_out = data::fashion_mnist(a.data, {.split = data::Split::test, .limit = a.validate, .range = range});

  const Diffusion process = fashion::process();
  AttentionUnet<B> unet(recipe.network, process.ports(), Seed{a.seed}, on);
  std::cout << "network of " << count_parameters(unet) << " parameters, " << training_set.size() << " images, "
            << recipe.epochs << " epochs of " << training_set.size() / recipe.batch << " steps" << std::endl;

  std::signal(SIGINT, [](int signal) { asked_to_stop = signal; });
  std::signal(SIGTERM, [](int signal) { asked_to_stop = signal; });
  const auto begin = std::chrono::steady_clock::now();
  const auto stop = [&] {
    const double minutes =
        std::chrono::duration<double, std::ratio<60>>(std::chrono::steady_clock::now() - begin).count();
    return asked_to_stop != 0 || (a.minutes > 0 && minutes >= a.minutes);
  };
  const auto trained = hush::train(
      process, unet, recipe.optimizer, training_set,
      {.epochs = recipe.epochs,
       .batch = recipe.batch,
       .seed = a.seed,
       .rate = recipe.rate,
       .clip_gradient = recipe.clip_gradient,
       .ema = recipe.ema,
       .draw = a.literal ? DiscreteUniform{.first = 0, .last = 499} : DiscreteUniform{},
       .reshuffle = !a.literal,
       .validation = a.validate > 0 ? &held_out : nullptr,
       .stop = stop},
      io::Checkpoints({.run = a.run,
                       .every = a.save_every,
                       .resume = !a.fresh,
                       .identity = words(a.preset, a.literal ? " literal" : "", " rate ", recipe.optimizer.rate)}),
      io::LossLog(a.run), io::TrainingBar({.what = "train"}), Report{}, Pictures(a.run, a.sample_every));

  plot(a.run, trained.epochs);
  const auto weights = a.weights.empty() ? a.run / "weights.safetensors" : a.weights;
  io::save_weights(weights, trained.averaged,
                   {.dtype = io::Dtype::F16, .metadata = description(recipe.network, a.literal)});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string() << ", logs in "
            << a.run.string() << std::endl;
  return asked_to_stop ? 128 + asked_to_stop : 0;
}

}  // namespace fashion
