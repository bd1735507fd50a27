#include <cstdio>
#include <filesystem>
#include <hush/cpu/cross_entropy.hpp>
#include <hush/hush.hpp>
#include <hush/ops/cross_entropy.hpp>
#include <iostream>
#include <numeric>

#include "../shared/command_line.hpp"
#include "../shared/fashion_files.hpp"
#include "classifier.hpp"

namespace garments {
namespace {

using Machine = Cpu<float>;

struct Arguments {
  std::filesystem::path data, weights = "out/garments.safetensors", run;
  std::int64_t epochs = 12, batch = 128;
  double rate = 3e-3;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Images of a set, and the labels that the loss wants.
struct Labelled {
  const data::ImageSet& set;
  std::int64_t size() const { return set.size(); }
  Examples<std::vector<std::int32_t>> batch(std::span<const std::int64_t> items) const {
    std::vector<std::int32_t> labels;
    for (const std::int64_t item : items) labels.push_back(set.labels[std::size_t(item)]);
    return {set.batch(items), std::move(labels)};
  }
};

/// Images mirrored left to right, each or not, as the key has it: a garment seen in a mirror is the same garment.
Tensor<Machine> some_mirrored(const Tensor<Machine>& images, const NoiseKey& key) {
  Tensor<Machine> mirrored = empty_like(images);
  copy(images.on(), images.size(), images.data(), mirrored.data());
  const Shape& shape = images.shape();
  Uniform uniform{Stream{.seed = key.seed, .step = key.step, .purpose = purpose("mirror")}};
  float* row = mirrored.data();
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    const bool mirror = uniform() >= 0.5;
    for (std::int64_t y = 0; y < shape[1]; ++y, row += shape[2])
      if (mirror) std::reverse(row, row + shape[2]);
  }
  return mirrored;
}

/// The confusion matrix [10, 10]: true class by predicted class.
std::vector<std::int64_t> confusions(const Classifier<Machine>& classifier, const data::ImageSet& set) {
  std::vector<std::int64_t> counts(100);
  const std::vector<int> said = classes_of(classifier, set.images);
  for (std::size_t i = 0; i < said.size(); ++i) ++counts[std::size_t(10 * set.labels[i] + said[i])];
  return counts;
}
double accuracy(const std::vector<std::int64_t>& confusions) {
  std::int64_t right = 0;
  for (std::size_t i = 0; i < 10; ++i) right += confusions[11 * i];
  return double(right) / double(std::accumulate(confusions.begin(), confusions.end(), std::int64_t(0)));
}

/// An observer that prints an epoch's loss, and the test accuracy of the averaged weights.
struct Report {
  const data::ImageSet& held_out;
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    const double reached = accuracy(confusions(training.averaged, held_out));
    std::printf("epoch %d of %d: training loss %.4f, test accuracy %.2f %%\n", int(report.epoch + 1),
                int(training.options.epochs), report.loss, 100 * reached);
    std::fflush(stdout);
  }
};

int train(const Arguments& a) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data), files.writes("--weights", a.weights);
  if (!a.run.empty()) files.writes_folder("--run", a.run);
  io::check_weights_name(a.weights);
  files.check();
  const auto set = data::fashion_mnist(a.data), held_out = data::fashion_mnist(a.data, {.split = data::Split::test});
  check(a.batch <= set.size(), "classifier", "--batch ", a.batch, " is more than the ", set.size(),
        " images there are");
  Classifier<Machine> net(Seed{a.seed}, Machine{.threads = a.threads});
  const Labelled data{set};
  const AdamW optimizer{.rate = a.rate, .decay = 2e-2};
  const auto loss = tape_loss<Machine>([&net](Tape<Machine>& tape, const auto& batch, const NoiseKey& key) {
    return cross_entropy(net(tape.constant(some_mirrored(batch.images, key))), batch.given);
  });
  Trainer trainer(net, optimizer, data, loss,
                  {.epochs = a.epochs,
                   .batch = a.batch,
                   .seed = a.seed,
                   .rate = learning_rates::Cosine{.warm_up = 200},
                   .ema = {.decay = 0.998}});
  std::cout << "classifier of " << count_parameters(net) << " parameters, " << set.size() << " images, " << a.epochs
            << " epochs of " << trainer.steps_per_epoch() << " steps" << std::endl;
  Report report{held_out};
  io::TrainingBar bar({.what = "train"});
  const auto trained = a.run.empty() ? hush::train(trainer, report, bar)
                                     : hush::train(trainer, io::Checkpoints({.run = a.run}), report, bar);
  const double reached = accuracy(confusions(trained.averaged, held_out));
  io::save_model(a.weights, trained.averaged,
                 {.dtype = io::Dtype::F16, .metadata = {{"test accuracy", to_text(reached)}}});
  std::cout << "averaged weights in " << a.weights.string() << std::endl;
  return 0;
}

int evaluate(const Arguments& a) {
  const GarmentFeatures<Machine> features = garment_features(a.weights, Machine{.threads = a.threads});
  const auto held_out = data::fashion_mnist(a.data, {.split = data::Split::test});
  const std::vector<std::int64_t> counts = confusions(features.classifier, held_out);
  std::printf("test accuracy %.2f %%, of %d images\n\n%-12s", 100 * accuracy(counts), int(held_out.size()), "called");
  for (int c = 0; c < 10; ++c) std::printf("%6d", c);
  for (std::size_t is = 0; is < 10; ++is) {
    std::printf("\n%d %-10s", int(is), data::fashion_mnist_classes[is]);
    for (std::size_t called = 0; called < 10; ++called) std::printf("%6d", int(counts[10 * is + called]));
  }
  std::printf("\n");
  return 0;
}

}  // namespace
}  // namespace garments

int main(int argc, char** argv) {
  garments::Arguments a;
  CLI::App app{
      "Trains a small classifier of Fashion-MNIST garments; the inputs of its last layer are the features by which the "
      "pictures of this repository's programs are measured."};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Print the help of all subcommands and exit");
  const auto add = [&](const char* name, const char* what) {
    auto* command = app.add_subcommand(name, what);
    command->option_defaults()->always_capture_default();
    command->add_option("--data", a.data, "Folder with the four official files (IDX or IDX.gz)")->required();
    command->add_option("--threads", a.threads, "Threads, 0: all cores; the result does not depend on it")
        ->check(examples::at_least(0));
    return command;
  };
  auto* train = add("train", "Train it and say how many test images it classifies correctly");
  train->add_option("--weights", a.weights, "File for the averaged weights");
  train->add_option("--run", a.run, "Folder for checkpoints, from which the same command goes on (default: none)")
      ->always_capture_default(false);
  train->add_option("--epochs", a.epochs, "Epochs")->check(examples::at_least(1));
  train->add_option("--batch", a.batch, "Images a step")->check(examples::at_least(1));
  train->add_option("--rate", a.rate, "Learning rate")->check(examples::above(0));
  train->add_option("--seed", a.seed, "Seed of weights, order and mirrors")->check(examples::seed());
  auto* evaluate = add("evaluate", "Print the test accuracy and the confusion matrix");
  evaluate->add_option("--weights", a.weights, "Weights as `train` wrote them (safetensors)")->required();

  return examples::main_of(app, "classifier", argc, argv, [&] {
    examples::one_process_only();
    return *train ? garments::train(a) : garments::evaluate(a);
  });
}
