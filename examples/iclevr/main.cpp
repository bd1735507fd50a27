#include <cstdio>
#include <filesystem>
#include <hush/hush.hpp>
#include <hush/ops/binary_cross_entropy.hpp>
#include <iostream>
#include <numeric>
#include <vector>

#include "../shared/command_line.hpp"
#include "evaluator.hpp"

namespace iclevr {
namespace {

using Machine = Cpu<float>;
using Sets = std::vector<std::vector<std::int32_t>>;

struct Arguments {
  std::filesystem::path weights, run, pictures, labels, out;
  std::int64_t side = 32, scenes = 30000, held_out = 3000, epochs = 12, batch = 128;
  double rate = 2e-3;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Pictures, and their labels as rows of zeros and ones.
struct MultiHotSet {
  const data::InMemory& pictures;
  const Sets& labels;
  std::int64_t size() const { return pictures.size(); }
  Examples<std::vector<float>> batch(std::span<const std::int64_t> items) const {
    std::vector<float> rows(items.size() * data::shape_labels);
    for (std::size_t i = 0; i < items.size(); ++i)
      for (const std::int32_t label : labels[std::size_t(items[i])])
        rows[i * data::shape_labels + std::size_t(label)] = 1;
    return {pictures.batch(items), std::move(rows)};
  }
};

/// Prints the loss of each epoch, and the accuracy of the averaged weights on scenes that were held out.
struct Report {
  const Images<float>& held_out;
  const Sets& labels;
  void epoch(const auto& training, const EpochReport& report) const {
    std::printf("epoch %d of %d: training loss %.5f, accuracy on held-out scenes %.2f %%\n", int(report.epoch + 1),
                int(training.options.epochs), report.loss, 100 * score(training.averaged, held_out, labels).value());
    std::fflush(stdout);
  }
};

int train_evaluator(const Arguments& a) {
  io::FilePlan files;
  files.writes("--weights", a.weights);
  if (!a.run.empty()) files.writes_folder("--run", a.run);
  io::check_weights_name(a.weights);
  files.check();
  std::cout << "drawing " << a.scenes + a.held_out << " scenes of " << a.side << 'x' << a.side << std::endl;
  const Sets labels = data::random_label_sets(a.scenes, a.seed);
  const Sets held_labels = data::random_label_sets(a.held_out, a.seed + 1);
  const data::InMemory pictures = data::in_memory(data::Shapes(labels, a.side, a.side, a.seed));
  const data::InMemory held = data::in_memory(data::Shapes(held_labels, a.side, a.side, a.seed + 1));
  const Images<float> held_out = data::to_floats(held.pictures());

  Evaluator<Machine> net(a.side, Seed{a.seed}, Machine{.threads = a.threads});
  const MultiHotSet set{pictures, labels};
  const AdamW optimizer{.rate = a.rate, .decay = 1e-2};
  const auto loss = tape_loss<Machine>([&net](Tape<Machine>& tape, const auto& batch, const NoiseKey&) {
    const std::int64_t n = batch.images.shape()[0], width = data::shape_labels;
    const std::span<const float> rows(batch.given.data() + batch.rows.first * width, std::size_t(n * width));
    return binary_cross_entropy(net(tape.constant(batch.images)), upload(net.on(), {n, width}, rows));
  });
  Trainer trainer(net, optimizer, set, loss,
                  {.epochs = a.epochs,
                   .batch = a.batch,
                   .seed = a.seed,
                   .rate = learning_rates::Cosine{.warm_up = 200},
                   .ema = {.decay = 0.998}});
  std::cout << "evaluator of " << count_parameters(net) << " parameters, " << a.epochs << " epochs of "
            << trainer.steps_per_epoch() << " steps" << std::endl;
  const Report report{held_out, held_labels};
  io::TrainingBar bar({.what = "train"});
  const auto trained = a.run.empty() ? hush::train(trainer, report, bar)
                                     : hush::train(trainer, io::Checkpoints({.run = a.run}), report, bar);
  const double reached = score(trained.averaged, held_out, held_labels).value();
  io::save_weights(a.weights, trained.averaged,
                   {.dtype = io::Dtype::F16,
                    .metadata = {{"side", to_text(a.side)}, {"accuracy on held-out scenes", to_text(reached)}}});
  std::cout << "averaged weights in " << a.weights.string() << std::endl;
  return 0;
}

/// Label sets of a JSON file, as iCLEVR's test.json has them.
Sets label_lists(const std::filesystem::path& file) {
  return data::read_label_lists(file, data::LabelNames(data::shape_names()));
}

/// The scenes of a list of labels, drawn: what a perfect generator would make.
int draw(const Arguments& a) {
  io::FilePlan files;
  files.reads("--labels", a.labels);
  files.writes_folder("--out", a.out);
  files.check();
  const data::Shapes scenes(label_lists(a.labels), a.side, a.side, a.seed);
  io::write_pngs(a.out, data::in_memory(scenes).pictures());
  std::cout << scenes.size() << " scenes in " << a.out.string() << std::endl;
  return 0;
}

/// Scores a folder of pictures (0.png, 1.png, ... as write_pngs names them) against their list of labels.
int evaluate(const Arguments& a) {
  io::FilePlan files;
  files.reads_folder("--pictures", a.pictures);
  files.reads("--labels", a.labels);
  files.reads("--evaluator", a.weights);
  files.check();
  const Sets labels = label_lists(a.labels);
  const auto metadata = io::read_safetensors(a.weights).metadata;
  const std::int64_t side = metadata.count("side") && metadata.at("side") == "64" ? 64 : 32;
  Evaluator<Machine> evaluator(side, Seed{}, Machine{.threads = a.threads});
  io::load_weights(a.weights, evaluator);
  const auto pictures = data::image_folder(a.pictures, {.size = {side, side}});
  check(pictures.size() == std::int64_t(labels.size()), "evaluate", a.pictures.string(), " holds ", pictures.size(),
        " pictures, ", a.labels.string(), " has labels of ", labels.size());
  std::vector<std::int64_t> all(labels.size());
  std::iota(all.begin(), all.end(), std::int64_t(0));
  const metrics::LabelAccuracy found = score(evaluator, pictures.batch(all), labels);
  std::printf("%d of %d labels found, accuracy %.4f\n", int(found.hits), int(found.labels), found.value());
  return 0;
}

}  // namespace
}  // namespace iclevr

int main(int argc, char** argv) {
  iclevr::Arguments a;
  CLI::App app{
      "Scenes of 24 kinds of objects after iCLEVR: draws them, trains a classifier of them, and scores pictures by "
      "it."};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");
  const auto add = [&](const char* name, const char* what) {
    auto* command = app.add_subcommand(name, what);
    command->option_defaults()->always_capture_default();
    command->add_option("--threads", a.threads, "Threads, 0: all cores; the result does not depend on it")
        ->check(examples::at_least(0));
    return command;
  };
  const auto add_side = [&](CLI::App* command) {
    command->add_option("--size", a.side, "Height and width of the pictures, 32 or 64")->check(CLI::IsMember({32, 64}));
  };
  auto* draw = add("draw", "Draw a scene for each label set of a list");
  draw->add_option("--labels", a.labels, "JSON file, a list of lists of labels (data/iclevr/test.json)")->required();
  draw->add_option("--out", a.out, "Folder for the pictures")->required();
  draw->add_option("--seed", a.seed, "Seed of places and sizes");
  add_side(draw);
  auto* evaluate = add("evaluate", "Say how many of their labels the evaluator finds in pictures");
  evaluate->add_option("--pictures", a.pictures, "Folder of PNGs, in the order of the labels")->required();
  evaluate->add_option("--labels", a.labels, "JSON file, a list of lists of labels")->required();
  evaluate->add_option("--evaluator", a.weights, "Weights as `train-evaluator` wrote them (safetensors)")->required();
  auto* train = add("train-evaluator", "Train the classifier on drawn scenes");
  add_side(train);
  train->add_option("--weights", a.weights, "File for the averaged weights")->required();
  train->add_option("--run", a.run, "Folder for checkpoints, from which the same command goes on (default: none)")
      ->always_capture_default(false);
  train->add_option("--scenes", a.scenes, "Scenes that train")->check(examples::at_least(1));
  train->add_option("--held-out", a.held_out, "Scenes that are held out")->check(examples::at_least(1));
  train->add_option("--epochs", a.epochs, "Epochs")->check(examples::at_least(1));
  train->add_option("--batch", a.batch, "Scenes a step")->check(examples::at_least(1));
  train->add_option("--rate", a.rate, "Learning rate")->check(examples::above(0));
  train->add_option("--seed", a.seed, "Seed of weights, scenes and order");

  return examples::main_of(app, "iclevr", argc, argv, [&] {
    if (*draw) return iclevr::draw(a);
    return *train ? iclevr::train_evaluator(a) : iclevr::evaluate(a);
  });
}
