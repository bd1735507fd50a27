#pragma once
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <hush/learning_rate.hpp>
#include <hush/learning_rates/constant.hpp>
#include <hush/level_distribution.hpp>
#include <hush/level_distributions/discrete_uniform.hpp>
#include <hush/nn/flat_parameters.hpp>
#include <hush/ops/mse.hpp>
#include <hush/optimizer.hpp>
#include <hush/process.hpp>
#include <hush/tensor/named_range.hpp>
#include <hush/training/checked_examples.hpp>
#include <hush/training/ema.hpp>
#include <hush/training/loader.hpp>
#include <hush/training/noised_batch.hpp>

namespace hush {

/// What training reads: `size()` items, and the images of any of them, [n, H, W, C] in [-1, 1]; for a process with a
/// condition, `Examples` of images and what the process is given with them. A set whose
/// items change from epoch to epoch (random masks) takes the epoch's number, from 0, behind the items.
template <class D>
concept Dataset = requires(const D& data, std::span<const std::int64_t> items, std::int64_t epoch) {
  { data.size() } -> std::convertible_to<std::int64_t>;
  requires std::same_as<std::remove_cvref_t<decltype(batch_of(data, items, epoch))>, Images<float>> ||
      std::same_as<std::remove_cvref_t<decltype(batch_of(data, items, epoch))>, Examples<GivenOf<D>>>;
};

/// A data set that somebody else keeps, or none: made of the set, or of its address.
template <class Data>
class KeptElsewhere {
 public:
  constexpr KeptElsewhere(std::nullptr_t = nullptr) {}
  constexpr KeptElsewhere(const Data* set) : set_(set) {}
  constexpr KeptElsewhere(const Data& set) : set_(&set) {}
  template <std::same_as<Data> T>
  constexpr KeptElsewhere(T&&) {
    static_assert(!std::same_as<T, Data>,
                  "train: the validation set would be gone before it is read. Keep it in a variable, and give that");
  }
  explicit operator bool() const { return set_ != nullptr; }
  const Data& operator*() const { return *set_; }
  const Data* operator->() const { return set_; }

 private:
  const Data* set_ = nullptr;
};

/// A loss or a gradient that is NaN or infinite. The weights are those before the step, and no checkpoint was written.
struct NonFinite : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Options of `train`, all with defaults.
template <class Data>
struct TrainOptions {
  std::int64_t epochs = 1, batch = 64;                // an epoch drops the images that do not fill a batch
  std::uint64_t seed = 0;                             // of the order, the levels, the noise and the dropout
  AnyLearningRate rate = learning_rates::Constant{};  // factor on the optimizer's rate
  double clip_gradient = 0;                           // largest norm of the gradient of all weights; 0: any
  Ema ema{};                                          // the averaged weights that sampling wants
  AnyLevelDistribution level_distribution = DiscreteUniform{};
  AnyWeighting weighting = nullptr;      // factor on the squared error at a level, one of `weightings/`; empty: 1
  bool reshuffle = true;                 // each epoch has an order of its own; false: all have that of the first
  std::int64_t accumulate = 1;           // parts that a batch is computed in, one after the other, to save memory
  bool record = false;                   // on a GPU: the step's forward and backward pass as a graph (no dropout then)
  PixelRange pixel_range{};              // of the data; `PixelRange::any()`: data that are no images
  KeptElsewhere<Data> validation = {};   // its loss is taken after each epoch, always with the same noise
  std::function<bool()> stop = nullptr;  // asked after each step; true ends training there
};

/// One optimizer step: `step` of them are done, `epoch` (from 0) is the one it belongs to.
struct StepReport {
  std::int64_t step = 0, epoch = 0;
  double loss = 0, rate = 0, gradient_norm = 0;
};

/// One epoch (from 0): the mean of its batch losses, and the validation loss (NaN where there is no validation set).
/// Where pixels are known both are means over all pixels, the known ones without an error; `validation_hole_loss` is
/// the mean over the others.
struct EpochReport {
  std::int64_t epoch = 0, step = 0;
  double loss = 0, validation_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_hole_loss = std::numeric_limits<double>::quiet_NaN();
};

/// A training in progress: a function of its options and of `step`, nothing else, so that whoever stores the weights,
/// their average, the moments and the reports can continue it bit for bit.
template <class Proc, class Net, class Opt, class Data>
class Training {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using master = typename B::master;

  Training(const Proc& process_, Net& net_, const Opt& optimizer_, const Data& data_, TrainOptions<Data> options_)
      : process(process_),
        net(net_),
        averaged(net_),
        optimizer(optimizer_),
        data(data_),
        options(std::move(options_)),
        loader_(net.on().in_full(), data, {options.batch, options.seed, options.reshuffle},
                CheckedReading(process_.conditioning, data_, {net_.image(), options.pixel_range})),
        pass_(net, (validate(), 1 / double(options.accumulate)), options.record) {
    weights = FlatParameters<B>(net);
    average = FlatParameters<B>(averaged);
    weights.attach_gradients(net);
    weights.attach_compute_copy(net);
    for (int i = 0; i < Opt::moments; ++i) moments.push_back(weights.zeros());
  }

  std::int64_t steps_per_epoch() const { return loader_.steps_per_epoch(); }
  std::int64_t total_steps() const { return options.epochs * steps_per_epoch(); }
  bool finished() const { return step >= total_steps(); }
  bool epoch_finished() const { return step > 0 && step % steps_per_epoch() == 0; }

  /// One optimizer step. Throws NonFinite before it would spoil the weights.
  StepReport advance() {
    const NamedRange<B> range(net.on(), "hush training step");
    const std::int64_t epoch = step / steps_per_epoch(), first = step % steps_per_epoch() * options.batch;
    std::vector<std::uint32_t> images;
    for (std::int64_t i = 0; i < options.batch; ++i) images.push_back(std::uint32_t(first + i));

    if (copied_ != step) weights.refresh_compute_copy();  // the values are those of another step: a checkpoint's
    weights.zero_gradients();
    const Tensor<B, master> loss = backward(loader_.batch(step), images);
    const auto& on = weights.values().on();
    Tensor<B, master> measured(on, {GradientReport::size});
    measure_gradient(on, weights.size(), options.clip_gradient, std::as_const(weights).gradients().data(), loss.data(),
                     measured.data());
    const double factor = options.rate(step, total_steps());
    optimizer.template operator()<B>({.size = weights.size(),
                                      .number = step + 1,
                                      .rate_factor = factor,
                                      .gradient_factor = std::as_const(measured).data() + GradientReport::factor,
                                      .after = {.average = average.values().data(),
                                                .decay = options.ema.at(step + 1),
                                                .compute_copy = weights.compute_copy().data()}},
                                     weights.values(), weights.gradients(), moments);
    if (step + 1 < total_steps()) loader_.load_ahead(step + 1);
    // The one time that the host waits. Nothing may fail from the update on, or it would be made again.
    master numbers[GradientReport::size];
    copy_out(on, GradientReport::size, std::as_const(measured).data(), numbers);
    StepReport report{step + 1, epoch, double(numbers[GradientReport::loss]), factor * optimizer.rate,
                      double(numbers[GradientReport::norm])};
    check_finite(report.loss, "loss", report);
    check_finite(report.gradient_norm, "gradient", report);
    weights.move_buffers(1 / double(options.accumulate));
    average.average_buffers(weights, options.ema.at(step + 1));
    copied_ = step + 1;
    ++step;
    epoch_loss += report.loss;
    return report;
  }

  /// Closes an epoch: its mean loss, and the validation loss.
  EpochReport close_epoch() {
    EpochReport report{step / steps_per_epoch() - 1, step, epoch_loss / double(steps_per_epoch())};
    epoch_loss = 0;
    if (options.validation) {
      const ValidationLoss found = validation_loss(*options.validation);
      report.validation_loss = found.all, report.validation_hole_loss = found.hole;
    }
    epochs.push_back(report);
    return report;
  }

  /// The mean loss over a data set, item i always at the same level and with the same noise: over all pixels, and over
  /// those that are not known (NaN where all are asked for).
  struct ValidationLoss {
    double all = std::numeric_limits<double>::quiet_NaN(), hole = std::numeric_limits<double>::quiet_NaN();
  };
  ValidationLoss validation_loss(const Data& set) const {
    double sum = 0, asked = 0;
    for (std::int64_t first = 0; first < set.size(); first += options.batch) {
      std::vector<std::int64_t> items;
      std::vector<std::uint32_t> images;
      for (std::int64_t i = first; i < std::min(first + options.batch, set.size()); ++i)
        items.push_back(i), images.push_back(std::uint32_t(i));
      const auto examples = checked_examples(process.conditioning, set, items, 0, wanted("validation item"));
      const detail::NoisedBatch<F> shown =
          detail::noised_batch(process, options.level_distribution, upload(net.on().in_full(), examples.images), images,
                               place(0, 1), options.weighting);
      const auto condition = conditions(examples.given, 0, images, place(0, 1));
      const Tensor<B> said = process.predict(net, shown.xt, shown.levels, condition);
      const Tensor<F> hole = detail::hole_of(process.conditioning, net.on(), condition);
      const Tensor<F> target = detail::counted_target(hole, shown.target, said);
      sum += download<double>(mse_loss(said, target, 1, shown.weights).value)[0] * double(items.size());
      for (const double unknown : download<double>(hole)) asked += unknown;
    }
    if (set.size() == 0) return {};
    const double pixels = double(set.size() * net.image().height * net.image().width);
    return {sum / double(set.size()), asked > 0 ? sum / double(set.size()) * (pixels / asked) : ValidationLoss{}.hole};
  }

  const Proc& process;
  Net& net;
  Net averaged;  // the moving average of net, its buffers included: they go with weights that lag behind
  const Opt& optimizer;
  const Data& data;
  TrainOptions<Data> options;

  std::int64_t step = 0;
  FlatParameters<B> weights, average;
  std::vector<Tensor<B, master>> moments;
  double epoch_loss = 0;  // sum of the losses of the epoch in progress
  std::vector<EpochReport> epochs;

 private:
  /// Adds the gradients of a batch, part by part, and gives its error.
  Tensor<B, master> backward(const typename Loader<F, Data>::Batch& batch, const std::vector<std::uint32_t>& images) {
    const std::int64_t parts = options.accumulate, count = options.batch / parts;
    const Shape shape = batch.images.shape().with_front(count);
    const B& on = net.on();
    const auto part = [&](std::int64_t i) {
      const std::vector<std::uint32_t> own(images.begin() + i * count, images.begin() + (i + 1) * count);
      const detail::NoisePlace at = place(std::uint32_t(step), 0);
      const detail::NoisedBatch<F> shown = detail::noised_batch(
          process, options.level_distribution, batch.images.part(i * shape.size(), shape), own, at, options.weighting);
      const auto condition = conditions(batch.given, i * count, own, at);
      return pass_({process.input(on, shown.xt, shown.levels, condition), shown.target, shown.weights,
                    detail::hole_of(process.conditioning, on, condition)},
                   {options.seed, std::uint32_t(step), own});
    };
    if (parts == 1) return part(0);
    Tensor<B, master> total(on, {1}), share(on, {1});
    fill(on, 1, 0, total.data());
    for (std::int64_t i = 0; i < parts; ++i) {
      const Tensor<B, master> loss = part(i);
      scale(on.in_full(), 1, 1 / double(parts), loss.data(), share.data());
      add_into(on, 1, std::as_const(share).data(), total.data());
    }
    return total;
  }
  auto conditions(const typename Proc::Given& given, std::int64_t first, const std::vector<std::uint32_t>& images,
                  const detail::NoisePlace& at) const {
    return process.conditioning.prepare(net.on(), given, {first, at.seed, at.step, at.use, images});
  }
  detail::NoisePlace place(std::uint32_t number, std::uint32_t use) const {
    return {options.seed, number, use, std::uint32_t(options.batch)};
  }
  void check_finite(double value, const char* what, const StepReport& report) const {
    if (!std::isfinite(value))
      throw NonFinite(to_text("[train] the ", what, " is ", value, " at step ", report.step, " (epoch ",
                              report.epoch + 1, "); the weights of step ", step,
                              " are kept. Lower the rate, warm it up, or clip the gradient."));
  }
  WantedExamples wanted(const char* name = "item") const { return {net.image(), options.pixel_range, name}; }
  void validate() const {
    check(options.epochs >= 1, "train", "epochs must be at least 1, is ", options.epochs);
    check(options.batch >= 1, "train", "batch must be at least 1, is ", options.batch);
    check(data.size() >= options.batch, "train", "the data set has ", data.size(), " images, fewer than one batch of ",
          options.batch);
    check(options.accumulate >= 1 && options.batch % options.accumulate == 0, "train", "a batch of ", options.batch,
          " does not fall into ", options.accumulate, " equal parts");
    check(options.clip_gradient >= 0, "train", "clip_gradient must not be negative, is ", options.clip_gradient);
    check(options.rate && options.level_distribution, "train", "rate and level_distribution must not be empty");
    options.ema.validate();
    optimizer.validate();
    check(options.pixel_range.low < options.pixel_range.high, "train", "pixel_range must go up, is ",
          options.pixel_range);
    check_ports("train", net.ports(), process.ports());
    const std::int64_t item = 0;
    checked_examples(process.conditioning, data, {&item, 1}, 0, wanted());
    if (options.validation && options.validation->size() > 0)
      checked_examples(process.conditioning, *options.validation, {&item, 1}, 0, wanted("validation item"));
    detail::check_noisiest_level(process);
    Uniform uniform{Stream{options.seed, 0, 0, purpose("level", 0)}, 0, 0, std::uint32_t(options.batch)};
    detail::drawn_level(process, options.level_distribution(
                                     process.schedule, uniform));  // one that does not fit the schedule says so here
  }

  Loader<F, Data> loader_;
  detail::LossPass<Net> pass_;
  std::int64_t copied_ = 0;  // the step that the compute_copy belongs to
};

}  // namespace hush
