#pragma once
#include <charconv>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

#include <hush/baselines/generate.hpp>
#include <hush/data.hpp>
#include <hush/io.hpp>
#include <hush/learning_rates/cosine.hpp>
#include <hush/optimizers/adam.hpp>
#include <hush/optimizers/adamw.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/dpm_solver_sde.hpp>
#include <hush/train.hpp>
#include <hush/training/gan_loss.hpp>

#include "../shared/fashion_files.hpp"
#include "../shared/training_run.hpp"
#include "recipe.hpp"

namespace baselines {

/// An observer that adds up the minutes of a run, over all its parts, in a file beside its logs.
class Minutes {
 public:
  explicit Minutes(const std::filesystem::path& run) : file_(run / "minutes.txt") {}

  double so_far() const {
    return before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count() / 60;
  }
  template <class T>
  void start(const T& training) {
    if (training.step == 0 || !std::filesystem::exists(file_)) return;
    const auto bytes = io::read_file(file_);
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    std::from_chars(text, text + bytes.size(), before_);
  }
  template <class T>
  void epoch(const T&, const EpochReport&) const {
    write();
  }
  template <class T>
  void finish(const T&) const {
    write();
  }

 private:
  void write() const { io::write_file(file_, io::number(so_far()) + '\n'); }

  std::filesystem::path file_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double before_ = 0;
};

/// An observer that prints an epoch's losses: of a GAN the critic's too.
struct Report {
  template <class T>
  void epoch(const T& training, const EpochReport& report) const {
    std::cout << "epoch " << report.epoch + 1 << " of " << training.options.epochs << ": loss " << report.loss;
    if constexpr (requires { training.critic.epochs; })
      std::cout << ", the critic's " << training.critic.epochs.back().loss;
    std::cout << std::endl;
  }
};

/// A training on this machine, and what all three kinds share.
template <class B>
struct Run {
  const examples::TrainArguments& arguments;
  Recipe recipe;
  data::ImageSet images;
  io::Stop stop;
  Minutes minutes;

  explicit Run(const examples::TrainArguments& a)
      : arguments(a),
        recipe(baselines::recipe(a.preset)),
        images(data::fashion_mnist(a.data, {.limit = a.limit})),
        stop({.minutes = a.minutes}),
        minutes(a.run) {
    if (a.epochs) recipe.epochs = a.epochs;
    if (a.batch) recipe.batch = a.batch;
    if (a.rate > 0) recipe.rate = a.rate;
  }
  TrainerOptions options() const {
    return {.epochs = recipe.epochs,
            .batch = recipe.batch,
            .seed = arguments.seed,
            .ema = recipe.ema,
            .accumulate = examples::micro_batches(arguments.accumulate),
            .stop = std::ref(stop),
            .communicator = examples::ranks().all};
  }
  /// Calls train(observers...) with those of every kind; `draw(training)` makes 64 pictures with the averaged weights.
  template <class Train, class Draw>
  auto with_observers(const Train& train, const Draw& draw) {
    return train(io::Checkpoints({.run = arguments.run,
                                  .every = arguments.save_every,
                                  .resume = !arguments.fresh,
                                  .identity = to_text(arguments.preset, " rate ", recipe.rate)}),
                 io::LossLog(arguments.run), minutes, io::TrainingBar({.what = "train"}), Report{},
                 examples::Pictures(arguments.run, arguments.sample_every, draw));
  }
  /// Calls write(file) on rank 0, which writes the weights.
  template <class Write>
  void save(const Write& write) const {
    if (examples::ranks().all.rank() > 0) return;
    write(io::WeightFile{.dtype = io::Dtype::F16, .metadata = {{"minutes trained", io::fixed(minutes.so_far(), 1)}}});
  }
  std::filesystem::path weights() const { return examples::weights_of(arguments.weights, arguments.run); }
  int end(bool stopped) const {
    std::cout << (stopped ? "stopped early; " : "") << "averaged weights in " << weights().string() << ", logs in "
              << arguments.run.string() << std::endl;
    return stop.exit_code();
  }
};

inline constexpr auto draw_generated = [](const auto& training) {
  return generate(training.averaged, {.count = 64, .seed = 1});
};

template <class B>
int train_vae(Run<B>& run, const B& on) {
  Vae<B> net(vae, Seed{run.arguments.seed}, on);
  std::cout << "vae of " << count_parameters(net) << " parameters" << std::endl;
  const Adam optimizer{.rate = run.recipe.rate};
  const auto loss = tape_loss<B>([&net](Tape<B>& tape, const auto& batch, const NoiseKey& key) {
    return vae_loss(net, tape.constant(cast(net.on(), batch.images)), key, divergence_weight);
  });
  Trainer trainer(net, optimizer, run.images, loss, run.options());
  const auto trained =
      run.with_observers([&](auto&&... observers) { return hush::train(trainer, observers...); }, draw_generated);
  run.save([&](const io::WeightFile& file) { io::save_model(run.weights(), trained.averaged, file); });
  return run.end(trained.stopped);
}

template <class B>
int train_dcgan(Run<B>& run, const B& on) {
  DcganGenerator<B> net(generator, Seed{run.arguments.seed}, on);
  DcganCritic<B> judge(critic, Seed{run.arguments.seed + 1}, on);
  std::cout << "generator of " << count_parameters(net) << " parameters, critic of " << count_parameters(judge)
            << std::endl;
  const Adam optimizer{.rate = run.recipe.rate, .beta1 = 0.5};
  const NoImages noise_alone{run.images.size()};
  Trainer generating(net, optimizer, noise_alone, GeneratorLoss{net, judge}, run.options());
  Trainer judging(judge, optimizer, run.images, CriticLoss{net, judge, GanLossOptions{.real = 0.9}}, run.options());
  GanTrainer trainer(generating, judging);
  const auto trained =
      run.with_observers([&](auto&&... observers) { return hush::train(trainer, observers...); }, draw_generated);
  run.save([&](io::WeightFile file) {
    file.metadata["parameters of the critic"] = to_text(count_parameters(judge));
    io::save_model(run.weights(), trained.averaged, file);
  });
  return run.end(trained.stopped);
}

template <class B>
int train_diffusion(Run<B>& run, const B& on) {
  const Diffusion process = baselines::process();
  AttentionUnet<B> net(unet, process.ports(), Seed{run.arguments.seed}, on);
  std::cout << "diffusion network of " << count_parameters(net) << " parameters" << std::endl;
  const AdamW optimizer{.rate = run.recipe.rate, .decay = 1e-2};
  const TrainOptions<data::ImageSet> options{.epochs = run.recipe.epochs,
                                             .batch = run.recipe.batch,
                                             .seed = run.arguments.seed,
                                             .rate = learning_rates::Cosine{.warm_up = 200},
                                             .clip_gradient = 1,
                                             .ema = run.recipe.ema,
                                             .accumulate = examples::micro_batches(run.arguments.accumulate),
                                             .stop = std::ref(run.stop),
                                             .communicator = examples::ranks().all};
  const auto draw = [](const auto& training) {
    return hush::sample(training.loss.process, training.averaged, DpmSolverSde{},
                        {.steps = 20, .count = 64, .seed = 1});
  };
  const auto trained = run.with_observers(
      [&](auto&&... observers) { return hush::train(process, net, optimizer, run.images, options, observers...); },
      draw);
  run.save([&](const io::WeightFile& file) { io::save_model(run.weights(), process, trained.averaged, file); });
  return run.end(trained.stopped);
}

/// `train` on a machine.
template <class B>
int train_on(const examples::TrainArguments& a, const B& on) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data);
  examples::tell_training(files, a.run, a.weights, {});
  examples::on_rank_zero([&] { files.check(); });
  Run<B> run(a);
  if (a.preset == "vae") return train_vae(run, on);
  if (a.preset == "dcgan") return train_dcgan(run, on);
  return train_diffusion(run, on);
}

}  // namespace baselines
