#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string_view>

#include <hush/communicator.hpp>
#include <hush/communicators/single_process.hpp>
#include <hush/learning_rate.hpp>
#include <hush/learning_rates/constant.hpp>
#include <hush/training/ema.hpp>

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
  std::int64_t accumulate = 1;           // micro-batches of a batch, added in one tree whatever the number of ranks
  std::int64_t validate_every = 1;       // epochs between validations; the last epoch always has one
  std::function<bool()> stop = nullptr;  // asked after each step; true on any rank ends training there
  AnyCommunicator communicator = SingleProcess{};  // the ranks that share a batch's micro-batches

  static constexpr void fields(auto& self, auto&& f) {
    f("epochs", self.epochs), f("batch", self.batch), f("seed", self.seed), f("rate", self.rate),
        f("clip_gradient", self.clip_gradient), f("ema", self.ema), f("reshuffle", self.reshuffle),
        f("accumulate", self.accumulate), f("validate_every", self.validate_every), f("stop", self.stop),
        f("communicator", self.communicator);
  }
  // change no result
  static constexpr std::array<std::string_view, 3> aside{"validate_every", "stop", "communicator"};

  /// Throws std::invalid_argument for options that make no sense, where the items do not fill a batch, and for
  /// micro-batches that the ranks cannot share.
  void validate(std::int64_t items) const {
    check(epochs >= 1, "train", "epochs must be at least 1, is ", epochs);
    check(batch >= 1, "train", "batch must be at least 1, is ", batch);
    check(items >= batch, "train", "the data set has ", items, " images, fewer than one batch of ", batch);
    check(accumulate >= 1 && batch % accumulate == 0, "train", "a batch of ", batch, " does not fall into ", accumulate,
          " equal parts");
    check(validate_every >= 1, "train", "validate_every must be at least 1, is ", validate_every);
    check(clip_gradient >= 0, "train", "clip_gradient must not be negative, is ", clip_gradient);
    check(bool(rate), "train", "rate must not be empty");
    const int ranks = communicator.size();
    check(ranks == 1 || (std::has_single_bit(std::uint64_t(accumulate)) && accumulate >= ranks), "train",
          "accumulate, the micro-batches of a batch, is ", accumulate, ": ", ranks,
          " ranks want a power of two, and no fewer than they are");
    ema.validate();
  }
  /// Steps of all epochs over so many items; the largest number there is for epochs without end.
  std::int64_t total_steps(std::int64_t items) const {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::int64_t steps = items / batch;
    return epochs > most / steps ? most : epochs * steps;
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

}  // namespace hush
