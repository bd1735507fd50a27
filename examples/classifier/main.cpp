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
  std::filesystem::path data, weights = "out/garments.safetensors";
  std::int64_t epochs = 12, batch = 128;
  double rate = 3e-3;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// The labels of a set as the loss wants them.
std::vector<std::int32_t> labels_of(const data::ImageSet& set, std::span<const std::int64_t> items) {
  std::vector<std::int32_t> labels;
  for (const std::int64_t item : items) labels.push_back(set.labels[std::size_t(item)]);
  return labels;
}

/// Images mirrored left to right, each or not, as the seed has it: a garment seen in a mirror is the same garment.
void mirror_some(Images<float>& images, std::uint64_t seed, std::int64_t step) {
  Uniform uniform{Stream{.seed = seed, .step = std::uint32_t(step), .purpose = purpose("mirror")}};
  for (std::int64_t i = 0; i < images.count; ++i) {
    if (uniform() < 0.5) continue;
    for (auto row = images[i].begin(); row != images[i].end(); row += images.width)
      std::reverse(row, row + images.width);
  }
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

int train(const Arguments& a) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data), files.writes("--weights", a.weights);
  io::check_weights_name(a.weights);
  files.check();
  const auto set = data::fashion_mnist(a.data), held_out = data::fashion_mnist(a.data, {.split = data::Split::test});
  check(a.batch >= 1 && a.batch <= set.size(), "classifier", "a batch of ", a.batch, " of ", set.size(), " images");
  Classifier<Machine> net(Seed{a.seed}, Machine{.threads = a.threads}), averaged = net;
  FlatParameters<Machine> weights(net), average(averaged);
  weights.attach_gradients(net);
  std::vector<Tensor<Machine>> moments{weights.zeros(), weights.zeros()};
  const AdamW optimizer{.rate = a.rate, .decay = 2e-2};
  optimizer.validate();
  const learning_rates::Cosine rate{.warm_up = 200};
  const Ema ema{.decay = 0.998};
  const std::int64_t steps = set.size() / a.batch, total = a.epochs * steps;
  std::cout << "classifier of " << count_parameters(net) << " parameters, " << set.size() << " images, " << a.epochs
            << " epochs of " << steps << " steps" << std::endl;

  io::Progress bar({.what = "train", .total = total});
  for (std::int64_t epoch = 0, step = 0; epoch < a.epochs; ++epoch) {
    const std::vector<std::int64_t> order = shuffle(set.size(), a.seed, epoch);
    double sum = 0;
    for (std::int64_t i = 0; i < steps; ++i, ++step) {
      const std::span items(order.data() + i * a.batch, std::size_t(a.batch));
      Images<float> batch = set.batch(items);
      mirror_some(batch, a.seed, step);
      weights.zero_gradients();
      Tape<Machine> tape;
      const auto loss = cross_entropy(net(tape.constant(upload(net.on(), batch))), labels_of(set, items));
      tape.backward(loss);
      optimizer(Update<Machine>{.size = weights.size(),
                                .number = step + 1,
                                .rate_factor = rate(step, total),
                                .after = {.average = average.values().data(), .decay = ema.at(step + 1)}},
                weights.values(), weights.gradients(), moments);
      sum += double(download<float>(loss.value())[0]);
      bar.update(1, to_text("loss=", sum / double(i + 1)));
    }
    std::printf("epoch %d of %d: training loss %.4f, test accuracy %.2f %%\n", int(epoch + 1), int(a.epochs),
                sum / double(steps), 100 * accuracy(confusions(averaged, held_out)));
    std::fflush(stdout);
  }
  bar.finish();
  const double reached = accuracy(confusions(averaged, held_out));
  io::save_weights(a.weights, averaged, {.dtype = io::Dtype::F16, .metadata = {{"test accuracy", to_text(reached)}}});
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
      "Trains a small network that names Fashion-MNIST garments; what its last layer sees is the space in which the "
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
  train->add_option("--epochs", a.epochs, "Epochs")->check(examples::at_least(1));
  train->add_option("--batch", a.batch, "Images a step")->check(examples::at_least(1));
  train->add_option("--rate", a.rate, "Learning rate")->check(examples::above(0));
  train->add_option("--seed", a.seed, "Seed of weights, order and mirrors");
  auto* evaluate = add("evaluate", "Say how many test images it classifies correctly, and what it takes for what");
  evaluate->add_option("--weights", a.weights, "Weights as `train` wrote them (safetensors)")->required();

  return examples::main_of(app, "classifier", argc, argv,
                           [&] { return *train ? garments::train(a) : garments::evaluate(a); });
}
