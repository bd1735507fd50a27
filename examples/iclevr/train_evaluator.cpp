#include <cstdio>
#include <functional>
#include <hush/hush.hpp>
#include <hush/ops/binary_cross_entropy.hpp>
#include <iostream>

#include "evaluator.hpp"
#include "recipe.hpp"

namespace iclevr {

namespace {

using Machine = Cpu<float>;

/// The accuracy of an evaluator on pictures in [-1, 1].
double accuracy(const Evaluator<Machine>& evaluator, const Examples<LabelSets>& held_out) {
  const std::vector<float> rows = examples::rows_of(evaluator.on(), held_out.images, evaluator);
  return metrics::label_accuracy(rows, Evaluator<Machine>::labels, held_out.given.sets).value();
}

/// Prints the loss of each epoch, and the accuracy of the averaged weights on scenes that were held out.
struct Report {
  const Examples<LabelSets>& held_out;
  void epoch(const auto& training, const EpochReport& report) const {
    std::printf("epoch %d of %d: training loss %.5f, accuracy on held-out scenes %.2f %%\n", int(report.epoch + 1),
                int(training.options.epochs), report.loss, 100 * accuracy(training.averaged, held_out));
    std::fflush(stdout);
  }
};

/// The labels of some rows of a batch as zeros and ones, [n, 24].
Tensor<Machine> multi_hot(const Machine& on, const LabelSets& given, const Rows& rows) {
  std::vector<float> values(std::size_t(rows.count * data::shape_labels));
  for (std::int64_t i = 0; i < rows.count; ++i)
    for (const std::int32_t label : given.sets[std::size_t(rows.first + i)])
      values[std::size_t(i * data::shape_labels + label)] = 1;
  return upload(on, {rows.count, data::shape_labels}, std::span<const float>(values));
}

/// `count` scenes that no training with this seed meets.
Examples<LabelSets> held_out_scenes(const EvaluatorArguments& a) {
  const data::RandomShapes set(a.held_out, a.side, a.side, a.seed + 1, a.threads);
  std::vector<std::int64_t> all(std::size_t(a.held_out));
  std::iota(all.begin(), all.end(), std::int64_t(0));
  return set.batch(all);
}

}  // namespace

int train_evaluator(const EvaluatorArguments& a) {
  io::FilePlan files;
  files.writes("--weights", a.weights);
  if (!a.run.empty()) files.writes_folder("--run", a.run);
  io::check_weights_name(a.weights);
  files.check();
  const Examples<LabelSets> held_out = held_out_scenes(a);
  const data::RandomShapes scenes(a.scenes, a.side, a.side, a.seed, a.threads);

  Evaluator<Machine> net(a.side, Seed{a.seed}, Machine{.threads = a.threads});
  const AdamW optimizer{.rate = a.rate, .decay = 1e-2};
  const auto loss = tape_loss<Machine>([&net](Tape<Machine>& tape, const auto& batch, const NoiseKey&) {
    return binary_cross_entropy(net(tape.constant(batch.images)), multi_hot(net.on(), batch.given, batch.rows));
  });
  const io::Stop stop;
  Trainer trainer(net, optimizer, scenes, loss,
                  {.epochs = a.epochs,
                   .batch = a.batch,
                   .seed = a.seed,
                   .rate = learning_rates::Cosine{.warm_up = 200},
                   .clip_gradient = 1,
                   .ema = {.decay = 0.998},
                   .stop = std::ref(stop)});
  std::cout << "evaluator of " << count_parameters(net) << " parameters, " << a.epochs << " epochs of "
            << trainer.steps_per_epoch() << " steps, each of new scenes of " << a.side << 'x' << a.side << std::endl;
  const Report report{held_out};
  io::TrainingBar bar({.what = "train"});
  const auto trained = a.run.empty() ? hush::train(trainer, report, bar)
                                     : hush::train(trainer, io::Checkpoints({.run = a.run}), report, bar);
  const double reached = accuracy(trained.averaged, held_out);
  io::save_weights(a.weights, trained.averaged,
                   {.dtype = io::Dtype::F16,
                    .metadata = {{"side", to_text(a.side)}, {"accuracy on held-out scenes", to_text(reached)}}});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << a.weights.string() << std::endl;
  return stop.exit_code();
}

}  // namespace iclevr
