// Trains a consistency model on Fashion-MNIST, samples from it in one or two network calls, and measures its samples.
#include <hush/hush.hpp>
#include <iostream>

#include "../classifier/classifier.hpp"
#include "../shared/command_line.hpp"
#include "../shared/fashion_files.hpp"
#include "../shared/model_files.hpp"
#include "../shared/scores.hpp"
#include "../shared/train_arguments.hpp"
#include "../shared/training_run.hpp"

namespace consistency {

using namespace hush;
using Cpus = Cpu<float>;

const Process process{LinearSigma{.largest = 80}, ConsistencyPreconditioning{}};

/// The noise of each step: that of the start, then sigma = .821 (Song and Dhariwal 2024, for CIFAR-10).
SampleOptions<Cpus> options_of(int steps) {
  check(steps == 1 || steps == 2, "consistency", "samples in 1 or 2 steps, not in ", steps);
  std::vector<double> times{1};
  if (steps == 2) times.push_back(.821 / process.schedule.largest);
  return {.steps = steps, .grid = Times{times}};
}

struct TrainArguments : examples::TrainArguments {
  std::int64_t fewest = 10, most = 1280;
  TrainArguments() { run = "out/consistency", epochs = 5, batch = 64, rate = 4e-4, sample_every = 1; }
};

void check_files(const TrainArguments& a) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data);
  examples::tell_training(files, a.run, a.weights, a.from);
  files.check();
}
AttentionUnet<Cpus> network(const TrainArguments& a) {
  return {{.image = {32, 32, 1}, .widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16},
          process.ports(),
          Seed{a.seed},
          Cpus{.threads = a.where.threads}};
}
io::Checkpoints checkpoints(const TrainArguments& a) {
  return io::Checkpoints({.run = a.run,
                          .every = a.save_every,
                          .resume = !a.fresh,
                          .identity = to_text("rate ", a.rate, examples::started_from(a.from))});
}
template <class Proc, class Trained>
void finish(const TrainArguments& a, const Proc& of, const Trained& trained, const char* loss) {
  examples::plot(a.run, "Fashion-MNIST", loss);
  const auto weights = examples::weights_of(a.weights, a.run);
  io::save_model(weights, of, trained.averaged, {.dtype = io::Dtype::F16});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string() << std::endl;
}

/// Trains the same network as a diffusion model, whose weights are a start for `train`.
int pretrain(const TrainArguments& a) {
  check_files(a);
  const Process diffusion{process.schedule, EdmPreconditioning<ScaledLogSigma>{}};
  const auto garments = data::fashion_mnist(a.data, {.limit = a.limit});
  AttentionUnet<Cpus> unet = network(a);
  if (!a.from.empty()) io::load_model(a.from, diffusion, unet);
  const io::Stop stop({.minutes = a.minutes});
  const Adam optimizer{.rate = a.rate};
  const auto trained = hush::train(diffusion, unet, optimizer, garments,
                                   {.epochs = a.epochs,
                                    .batch = a.batch,
                                    .seed = a.seed,
                                    .rate = learning_rates::Constant{.warm_up = 200},
                                    .clip_gradient = 1,
                                    .ema = {.decay = .999},
                                    .level_distribution = LogNormal{},
                                    .weighting = EdmWeighting{},
                                    .stop = std::ref(stop)},
                                   checkpoints(a), io::LossLog(a.run), io::TrainingBar({.what = "pretrain"}));
  finish(a, diffusion, trained, "weighted squared error of the image");
  return stop.exit_code();
}

int train(const TrainArguments& a) {
  check_files(a);
  const auto garments = data::fashion_mnist(a.data, {.limit = a.limit});
  AttentionUnet<Cpus> unet = network(a);
  if (!a.from.empty()) io::load_model(a.from, process, unet, {.may_differ = {"process"}});
  const io::Stop stop({.minutes = a.minutes});
  const Adam optimizer{.rate = a.rate};
  auto trainer = start_consistency_training(process, unet, optimizer, garments,
                                            {.epochs = a.epochs,
                                             .batch = a.batch,
                                             .seed = a.seed,
                                             .rate = learning_rates::Constant{.warm_up = 200},
                                             .clip_gradient = 1,
                                             .ema = {.decay = .999},
                                             .stop = std::ref(stop)},
                                            {.fewest = a.fewest, .most = a.most});
  std::cout << "network of " << count_parameters(unet) << " parameters, " << garments.size() << " images, "
            << trainer.total_steps() << " steps" << std::endl;
  const auto draw = [](const auto& training) {
    auto options = options_of(1);
    options.count = 16, options.seed = 1;
    return hush::sample(process, training.averaged, MultistepConsistency{}, options);
  };
  const auto trained = hush::train(trainer, checkpoints(a), io::LossLog(a.run), io::TrainingBar({.what = "train"}),
                                   examples::Pictures(a.run, a.sample_every, draw));
  finish(a, process, trained, "pseudo-Huber loss of neighbouring levels");
  return stop.exit_code();
}

struct SampleArguments {
  std::filesystem::path weights, out = "samples.png", data;
  std::filesystem::path classifier = "examples/classifier/weights/garments.safetensors";
  std::int64_t count = 64, batch = 64;
  int steps = 1;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Pictures of the weights in a file.
Images<float> made(const SampleArguments& a, int steps) {
  const auto about = examples::model_file<AttentionUnetConfig>(a.weights, "consistency");
  AttentionUnet<Cpus> unet(about.network, process.ports(), Seed{}, Cpus{.threads = a.threads});
  io::load_model(a.weights, process, unet);
  auto options = options_of(steps);
  options.count = a.count, options.batch = a.batch, options.seed = a.seed;
  return hush::sample(process, unet, MultistepConsistency{}, options);
}

int sample(const SampleArguments& a) {
  io::FilePlan files;
  files.reads("--weights", a.weights), files.writes("--out", a.out, ".png");
  files.check();
  io::write_grid(a.out, made(a, a.steps), {.scale = 2, .text = {{"steps", to_text(a.steps)}}});
  std::cout << a.count << " images in " << a.out.string() << std::endl;
  return 0;
}

/// Fréchet distance, precision and recall of one and two steps, as docs/choosing-a-sampler.md measures.
int evaluate(const SampleArguments& a) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data);
  files.reads("--weights", a.weights), files.reads("--classifier", a.classifier);
  files.check();
  const auto features = garments::garment_features(a.classifier, Cpus{.threads = a.threads});
  const metrics::FeatureSet training = features(data::fashion_mnist(a.data).images);
  check(a.count <= training.count, "evaluate", "cannot compare ", a.count, " images with ", training.count);
  std::cout << "| steps | Fréchet distance | precision | recall |\n|---:|---:|---:|---:|\n";
  for (const int steps : {1, 2})
    std::cout << "| " << steps << " | " << examples::scores(training, features(made(a, steps))) << " |" << std::endl;
  return 0;
}

/// The options of both commands that train.
void add_to(CLI::App& train, TrainArguments& t) {
  train.option_defaults()->always_capture_default();
  train.add_option("--data", t.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  train.add_option("--limit", t.limit, "Images to train on, from the first; 0: all")->check(examples::at_least(0));
  train.add_option("--run", t.run, "Folder for checkpoints and logs");
  train
      .add_option("--weights", t.weights,
                  "File for the averaged weights (default: weights.safetensors in the run folder)")
      ->always_capture_default(false);
  train.add_option("--from", t.from, "Start from the weights in this file (default: from the seed)")
      ->always_capture_default(false);
  train.add_option("--epochs", t.epochs, "Epochs")->check(examples::at_least(1));
  train.add_option("--batch", t.batch, "Images a step")->check(examples::at_least(1));
  train.add_option("--rate", t.rate, "Learning rate")->check(examples::above(0));
  train.add_option("--save-every", t.save_every, "Steps between checkpoints, 0: one an epoch")
      ->check(examples::at_least(0));
  train.add_option("--minutes", t.minutes, "Stop after so many minutes, 0: when all epochs are done")
      ->check(examples::at_least(0));
  train.add_flag("--fresh", t.fresh, "Refuse to resume: an error if the run folder holds checkpoints");
  train.add_option("--seed", t.seed, "Seed of weights, order, levels and noise")->check(examples::seed());
  train.add_option("--threads", t.where.threads, "Threads, 0: all cores; the result does not depend on it")
      ->check(examples::at_least(0));
}

/// The options of both commands that make pictures.
void add_to(CLI::App& command, SampleArguments& s) {
  command.option_defaults()->always_capture_default();
  command.add_option("--weights", s.weights, "Weights as `train` wrote them (safetensors)")->required();
  command.add_option("--count", s.count, "Pictures")->check(examples::at_least(1));
  command.add_option("--batch", s.batch, "Pictures at a time; changes nothing but memory and speed")
      ->check(examples::at_least(1));
  command.add_option("--seed", s.seed, "Seed of the noise; picture i depends on it and on i alone")
      ->check(examples::seed());
  command.add_option("--threads", s.threads, "Threads, 0: all cores")->check(examples::at_least(0));
}

}  // namespace consistency

int main(int argc, char** argv) {
  using namespace consistency;
  CLI::App app{
      "Trains a consistency model on Fashion-MNIST (32x32 grey pictures of garments), samples from it in one or two "
      "network calls, and measures the samples."};
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");

  TrainArguments t;
  auto* train = app.add_subcommand("train", "Train a network; resumes a run that was interrupted");
  add_to(*train, t);
  train->add_option("--fewest", t.fewest, "Intervals between noise levels at the start; they double until --most")
      ->check(examples::at_least(1));
  train->add_option("--most", t.most, "Intervals at the end, which is that of all --epochs")
      ->check(examples::at_least(1));
  train->add_option("--sample-every", t.sample_every, "Epochs between sample grids, 0: none")
      ->check(examples::at_least(0));
  TrainArguments p;
  p.run = "out/diffusion", p.rate = 1e-3;
  auto* before = app.add_subcommand("pretrain", "Train the same network as a diffusion model: a start for `train`");
  add_to(*before, p);
  SampleArguments s, e;
  e.count = 2000;
  auto* sample = app.add_subcommand("sample", "Make pictures with trained weights");
  add_to(*sample, s);
  sample->add_option("--out", s.out, "PNG grid of the pictures");
  sample->add_option("--steps", s.steps, "Network calls a picture, 1 or 2")->check(CLI::Range(1, 2));
  auto* judge = app.add_subcommand("evaluate", "Measure samples of one and of two network calls");
  add_to(*judge, e);
  judge->add_option("--data", e.data, "Folder with the four official files (IDX or IDX.gz)")->required();
  judge->add_option("--classifier", e.classifier, "Weights of examples/classifier, whose features are compared");

  return examples::main_of(app, "consistency", argc, argv, [&] {
    examples::one_process_only();
    if (*train) return consistency::train(t);
    if (*before) return consistency::pretrain(p);
    return *sample ? consistency::sample(s) : consistency::evaluate(e);
  });
}
