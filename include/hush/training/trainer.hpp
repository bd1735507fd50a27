#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/autograd/tape.hpp>
#include <hush/learning_rate.hpp>
#include <hush/learning_rates/constant.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/optimizer.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/tensor/named_range.hpp>
#include <hush/training/ema.hpp>
#include <hush/training/loader.hpp>

namespace hush {

/// A loss or a gradient that is NaN or infinite. The weights are those before the step, and no checkpoint was written.
struct NonFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Options of a `Trainer`, all with defaults. There is no `==`, as functions (`stop`) have none; `describe` two of them
/// to compare the rest.
struct TrainerOptions {
  std::int64_t epochs = 1, batch = 64;                // an epoch drops the images that do not fill a batch
  std::uint64_t seed = 0;                             // of the order of the items, and of the loss's noise
  AnyLearningRate rate = learning_rates::Constant{};  // factor on the optimizer's rate
  double clip_gradient = 0;                           // largest norm of the gradient of all weights; 0: any
  Ema ema{};                                          // the averaged weights
  bool reshuffle = true;                 // each epoch has an order of its own; false: all have that of the first
  std::int64_t accumulate = 1;           // parts that a batch is computed in, one after the other, to save memory
  std::int64_t validate_every = 1;       // epochs between validations; the last epoch always has one
  std::function<bool()> stop = nullptr;  // asked after each step; true ends training there

  static constexpr void fields(auto& self, auto&& f) {
    f("epochs", self.epochs), f("batch", self.batch), f("seed", self.seed), f("rate", self.rate),
        f("clip_gradient", self.clip_gradient), f("ema", self.ema), f("reshuffle", self.reshuffle),
        f("accumulate", self.accumulate), f("validate_every", self.validate_every), f("stop", self.stop);
  }
  // change no result
  static constexpr std::array<std::string_view, 2> aside{"validate_every", "stop"};

  /// Throws std::invalid_argument for options that make no sense, and where the items do not fill a batch.
  void validate(std::int64_t items) const {
    check(epochs >= 1, "train", "epochs must be at least 1, is ", epochs);
    check(batch >= 1, "train", "batch must be at least 1, is ", batch);
    check(items >= batch, "train", "the data set has ", items, " images, fewer than one batch of ", batch);
    check(accumulate >= 1 && batch % accumulate == 0, "train", "a batch of ", batch, " does not fall into ", accumulate,
          " equal parts");
    check(validate_every >= 1, "train", "validate_every must be at least 1, is ", validate_every);
    check(clip_gradient >= 0, "train", "clip_gradient must not be negative, is ", clip_gradient);
    check(bool(rate), "train", "rate must not be empty");
    ema.validate();
  }
};

/// One optimizer step: `step` of them are done, `epoch` (from 0) is the one it belongs to.
struct StepReport {
  std::int64_t step = 0, epoch = 0;
  double loss = 0, rate = 0, gradient_norm = 0;
};

/// One epoch (from 0): the mean of its batch losses, and the validation loss (NaN where there is no validation).
/// Where pixels are known both are means over all pixels, the known ones without an error; `validation_hole_loss` is
/// the mean over the others.
struct EpochReport {
  std::int64_t epoch = 0, step = 0;
  double loss = 0, validation_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_hole_loss = std::numeric_limits<double>::quiet_NaN();
};

/// The images of a step, or of a part of it: [count, H, W, C]. `given` came with the images of the whole step, `rows`
/// of it belong to these. A loss multiplies its gradients by `share`, 1 / (parts of the step).
template <Backend F, class Given>
struct BatchPart {
  Tensor<F> images;
  const Given& given;
  Rows rows;
  double share = 1;
};

/// A training in progress of a network for any loss, a function of its options and of `step`, nothing else, so that
/// whoever stores the weights, their average, the moments and the reports can continue it bit for bit.
/// `loss(BatchPart, NoiseKey)` adds `share` times its gradients to those of the network's parameters and gives its
/// value, a Tensor<B, master> of shape [1]; `tape_loss` makes one of a function on a tape. A loss may have a
/// `ValidationLoss validation()`. The network, the optimizer and the data set must outlive the trainer, and so must
/// what the loss refers to. Two networks that learn from each other are two trainers, advanced in turn (`GanTrainer`).
template <class Net, class Opt, class Data, class Loss>
class Trainer {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using master = typename B::master;

  /// Throws std::invalid_argument for options that make no sense. `read` reads items, and may throw for some.
  Trainer(Net& net_, const Opt& optimizer_, const Data& data_, Loss loss_, TrainerOptions options_,
          typename Loader<F, Data>::Read read = nullptr)
      : net(net_),
        averaged(net_),
        optimizer(optimizer_),
        data(data_),
        loss(std::move(loss_)),
        options(std::move(options_)),
        loader_(net.on().in_full(), data, {options.batch, options.seed, options.reshuffle}, std::move(read)) {
    options.validate(data.size());
    optimizer.validate();
    weights = FlatParameters<B>(net);
    average = FlatParameters<B>(averaged);
    weights.attach_gradients(net);
    weights.attach_compute_copy(net);
    for (int i = 0; i < Opt::moments; ++i) moments.push_back(weights.zeros());
  }

  std::int64_t steps_per_epoch() const { return loader_.steps_per_epoch(); }
  /// Steps of all epochs; the largest number there is for epochs without end.
  std::int64_t total_steps() const {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    return options.epochs > most / steps_per_epoch() ? most : options.epochs * steps_per_epoch();
  }
  bool finished() const { return step >= total_steps(); }
  bool epoch_finished() const { return step > 0 && step % steps_per_epoch() == 0; }

  /// One optimizer step. Throws NonFinite before it would spoil the weights, and std::invalid_argument for a factor of
  /// the rate that is negative or not finite.
  StepReport advance() {
    const NamedRange<B> range(net.on(), "hush training step");
    if (copied_ != step) weights.refresh_compute_copy();  // the values are those of another step: a checkpoint's
    weights.zero_gradients();
    const double factor = options.rate(step, total_steps());
    check(factor >= 0 && std::isfinite(factor), "train", "the factor of the learning rate is ", factor, " at step ",
          step, " of ", total_steps(), " (counted from 0); it must be finite and not negative");
    const Tensor<B, master> measured = update(backward(loader_.batch(step)), factor);
    if (step + 1 < total_steps()) loader_.load_ahead(step + 1);
    // The one time that the host waits. Nothing may fail from the update on, or it would be made again.
    master numbers[GradientReport::size];
    copy_out(measured.on(), GradientReport::size, measured.data(), numbers);
    const StepReport report{step + 1, step / steps_per_epoch(), double(numbers[GradientReport::loss]),
                            factor * optimizer.rate, double(numbers[GradientReport::norm])};
    check_finite(report.loss, "loss", report);
    check_finite(report.gradient_norm, "gradient", report);
    weights.move_buffers(1 / double(options.accumulate));
    average.average_buffers(weights, options.ema.at(step + 1));
    copied_ = step + 1;
    ++step;
    epoch_loss += report.loss;
    return report;
  }

  /// Closes an epoch: its mean loss, and, in each `validate_every`-th epoch and the last one, the validation loss where
  /// the loss has one.
  EpochReport close_epoch() {
    EpochReport report{step / steps_per_epoch() - 1, step, epoch_loss / double(steps_per_epoch())};
    epoch_loss = 0;
    if constexpr (requires { loss.validation(); })
      if (finished() || (report.epoch + 1) % options.validate_every == 0) {
        const auto found = loss.validation();
        report.validation_loss = found.all;
        report.validation_hole_loss = found.hole;
      }
    epochs.push_back(report);
    return report;
  }

  Net& net;
  Net averaged;  // the moving average of net, its buffers included: they go with weights that lag behind
  const Opt& optimizer;
  const Data& data;
  Loss loss;
  TrainerOptions options;

  std::int64_t step = 0;
  FlatParameters<B> weights, average;
  std::vector<Tensor<B, master>> moments;
  double epoch_loss = 0;  // sum of the losses of the epoch in progress
  std::vector<EpochReport> epochs;
  const char* role = "";  // whose loss it is, for messages, where there are two networks: "critic's "

 private:
  /// Adds the gradients of a batch, part by part, and gives the mean of their losses.
  Tensor<B, master> backward(const typename Loader<F, Data>::Batch& batch) {
    const std::int64_t parts = options.accumulate, count = options.batch / parts;
    const Shape shape = batch.images.shape().with_front(count);
    const B& on = net.on();
    const std::int64_t first = step % steps_per_epoch() * options.batch;
    std::vector<std::uint32_t> images;
    for (std::int64_t i = 0; i < options.batch; ++i) images.push_back(std::uint32_t(first + i));
    const NoiseKey key{options.seed, std::uint32_t(step), NoiseKey::training, images};
    const auto part = [&](std::int64_t i) -> Tensor<B, master> {
      return loss(
          BatchPart<F, GivenOf<Data>>{
              batch.images.part(i * shape.size(), shape), batch.given, {i * count, count}, 1 / double(parts)},
          key.part(std::size_t(i * count), std::size_t(count)));
    };
    if (parts == 1) return part(0);
    Tensor<B, master> total(on, {1}), share(on, {1});
    fill(on, 1, 0, total.data());
    for (std::int64_t i = 0; i < parts; ++i) {
      const Tensor<B, master> one = part(i);
      scale(on.in_full(), 1, 1 / double(parts), one.data(), share.data());
      add_into(on, 1, std::as_const(share).data(), total.data());
    }
    return total;
  }
  /// Measures the gradient, and moves the weights and their average unless it or the loss is not finite.
  Tensor<B, master> update(const Tensor<B, master>& loss_value, double rate_factor) {
    const auto& on = weights.values().on();
    Tensor<B, master> measured(on, {GradientReport::size});
    measure_gradient(on, weights.size(), options.clip_gradient, std::as_const(weights).gradients().data(),
                     loss_value.data(), measured.data());
    optimizer(Update<B>{.size = weights.size(),
                        .number = step + 1,
                        .rate_factor = rate_factor,
                        .gradient_factor = std::as_const(measured).data() + GradientReport::factor,
                        .after = {.average = average.values().data(),
                                  .decay = options.ema.at(step + 1),
                                  .compute_copy = weights.compute_copy().data()}},
              weights.values(), std::as_const(weights).gradients(), moments);
    return measured;
  }
  void check_finite(double value, const char* what, const StepReport& report) const {
    if (!std::isfinite(value))
      throw NonFinite(to_text("[train] the ", role, what, " is ", value, " at step ", report.step, " (epoch ",
                              report.epoch + 1, "); the weights of step ", step,
                              " are kept. Lower the rate, warm it up, or clip the gradient."));
  }

  Loader<F, Data> loader_;
  std::int64_t copied_ = 0;  // the step that the compute_copy belongs to
};

/// A mean loss over a validation set: over all pixels, and over those that are not known (NaN where all are asked for).
struct ValidationLoss {
  double all = std::numeric_limits<double>::quiet_NaN(), hole = std::numeric_limits<double>::quiet_NaN();
};

/// The loss of a `Trainer` that a function on a tape computes: `f(tape, batch, key)` gives a Var of shape [1]. Its
/// random ops (dropout) draw from the step's key.
template <Backend B, class F>
auto tape_loss(F f) {
  return [f = std::move(f)](const auto& batch, const NoiseKey& key) {
    Tape<B> tape(key);
    const Var<B> loss = f(tape, batch, key);
    check(loss.shape().size() == 1, "tape_loss", "a loss is one number, this one is ", loss.shape());
    Tensor<B, typename B::master> value(loss.on(), {1});
    copy(loss.on(), 1, loss.value().data(), value.data());
    tape.backward(loss, filled(loss.on(), loss.shape(), batch.share));
    return value;
  };
}

}  // namespace hush
