#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <hush/autograd/tape.hpp>
#include <hush/collectives/agreement.hpp>
#include <hush/collectives/check_same.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/optimizer.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/tensor/named_range.hpp>
#include <hush/training/loader.hpp>
#include <hush/training/micro_batches.hpp>
#include <hush/training/run_description.hpp>
#include <hush/training/trainer_options.hpp>

namespace hush {

/// A micro-batch, the images of a step or of a part of it: [count, H, W, C]. `given` came with the images of the step
/// that this rank reads, `rows` of it belong to these. A loss multiplies its gradients by `share`, 1 / (micro-batches).
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

  /// Throws std::invalid_argument for options that make no sense, RankFailure unless all ranks are given the same.
  /// `read` reads items, and may throw for some.
  Trainer(Net& net_, const Opt& optimizer_, const Data& data_, Loss loss_, TrainerOptions options_,
          typename Loader<F, Data>::Read read = nullptr)
      : net(net_),
        averaged(net_),
        optimizer(optimizer_),
        data(data_),
        loss(std::move(loss_)),
        options(std::move(options_)),
        loader_(
            net.on().in_full(), data,
            {options.batch, options.seed, options.reshuffle, options.communicator.rank(), options.communicator.size()},
            std::move(read)) {
    const Description start = on_all_ranks(options.communicator, [&] {
      options.validate(data.size());
      optimizer.validate();
      weights = FlatParameters<B>(net);
      average = FlatParameters<B>(averaged);
      weights.attach_gradients(net);
      weights.attach_compute_copy(net);
      for (int i = 0; i < Opt::moments; ++i) moments.push_back(weights.zeros());
      return options.communicator.size() > 1 ? detail::describe_start(*this)
                                             : Description{Description::Kind::object, ""};
    });
    check_same(options.communicator, start);
  }

  std::int64_t steps_per_epoch() const { return loader_.steps_per_epoch(); }
  /// Steps of all epochs; the largest number there is for epochs without end.
  std::int64_t total_steps() const { return options.total_steps(data.size()); }
  bool finished() const { return step >= total_steps(); }
  bool epoch_finished() const { return step > 0 && step % steps_per_epoch() == 0; }

  /// One optimizer step. Throws NonFinite before it would spoil the weights, std::invalid_argument for a factor of the
  /// rate that is negative or not finite, and RankFailure where a rank failed before the gradients met.
  StepReport advance() {
    const NamedRange<B> range(net.on(), "hush training step");
    if (copied_ != step) weights.refresh_compute_copy();  // the values are those of another step: a checkpoint's
    weights.zero_gradients();
    const double factor = options.rate(step, total_steps());
    const Tensor<B, master> measured = update(over_ranks(factor), factor);
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
  /// Adds the gradients of a batch, of all ranks, and gives the mean of the losses.
  Tensor<B, master> over_ranks(double factor) {
    const AnyCommunicator& ranks = options.communicator;
    const auto own = [&] {
      check(factor >= 0 && std::isfinite(factor), "train", "the factor of the learning rate is ", factor, " at step ",
            step, " of ", total_steps(), " (counted from 0); it must be finite and not negative");
      Tensor<B, master> mean = backward(loader_.batch(step));
      if (ranks.size() > 1) check_finite(download<double>(mean)[0], "loss", {step + 1, step / steps_per_epoch()});
      return mean;
    };
    Tensor<B, master> mean = on_all_ranks(ranks, own);
    micro_batches_.add_ranks(ranks, weights.gradients());
    micro_batches_.add_ranks(ranks, mean);
    return mean;
  }
  /// Adds the gradients of this rank's micro-batches, and gives the sum of their losses, each times its share.
  Tensor<B, master> backward(const typename Loader<F, Data>::Batch& batch) {
    const int rank = options.communicator.rank(), ranks = options.communicator.size();
    const std::int64_t parts = options.accumulate / ranks, own = options.batch / ranks, count = own / parts;
    const Shape shape = batch.images.shape().with_front(count);
    const double share = 1 / double(options.accumulate);
    const std::int64_t first = step % steps_per_epoch() * options.batch + rank * own;
    std::vector<std::uint32_t> images;
    for (std::int64_t i = 0; i < own; ++i) images.push_back(std::uint32_t(first + i));
    const NoiseKey key{options.seed, std::uint32_t(step), NoiseKey::training, images};
    const auto part = [&](std::int64_t i) -> Tensor<B, master> {
      return loss(
          BatchPart<F, GivenOf<Data>>{
              batch.images.part(i * shape.size(), shape), batch.given, {i * count, count}, share},
          key.part(std::size_t(i * count), std::size_t(count)));
    };
    if (options.accumulate == 1) return part(0);
    for (std::int64_t i = 0; i < parts; ++i) micro_batches_.add(i, parts, weights, part(i), share);
    return micro_batches_.loss();
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
  detail::MicroBatches<B> micro_batches_;
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
