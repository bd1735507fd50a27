#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include <hush/process.hpp>
#include <hush/training/checked_examples.hpp>
#include <hush/training/diffusion_loss.hpp>
#include <hush/training/trainer.hpp>

namespace hush {

/// Options of `train`, all with defaults. There is no `==`, as functions (`stop`) have none; `describe` two of them to
/// compare the rest.
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
  std::int64_t accumulate = 1;           // micro-batches of a batch, added in one tree whatever the number of ranks
  bool record = false;                   // on a GPU: the step's forward and backward pass as a graph (no dropout then)
  PixelRange pixel_range{};              // of the data; `PixelRange::any()`: data that are no images
  KeptElsewhere<Data> validation = {};   // its loss is taken after epochs, always with the same noise
  std::int64_t validate_every = 1;       // epochs between validations; the last epoch always has one
  std::function<bool()> stop = nullptr;  // asked after each step; true on any rank ends training there
  AnyCommunicator communicator = SingleProcess{};  // the ranks that share a batch's micro-batches

  static constexpr void fields(auto& self, auto&& f) {
    f("epochs", self.epochs), f("batch", self.batch), f("seed", self.seed), f("rate", self.rate),
        f("clip_gradient", self.clip_gradient), f("ema", self.ema), f("level_distribution", self.level_distribution),
        f("weighting", self.weighting), f("reshuffle", self.reshuffle), f("accumulate", self.accumulate),
        f("record", self.record), f("pixel_range", self.pixel_range), f("validation", self.validation),
        f("validate_every", self.validate_every), f("stop", self.stop), f("communicator", self.communicator);
  }
  // change no result
  static constexpr std::array<std::string_view, 6> aside{"record",         "pixel_range", "validation",
                                                         "validate_every", "stop",        "communicator"};

  /// What of them is for any loss, and what for that of diffusion.
  TrainerOptions trainer() const {
    return {epochs, batch, seed, rate, clip_gradient, ema, reshuffle, accumulate, validate_every, stop, communicator};
  }
  DiffusionLossOptions<Data> loss() const {
    return {level_distribution, weighting, batch, record, pixel_range, validation, seed};
  }
};

/// A training of diffusion in progress, which `start_training` makes.
template <class Proc, class Net, class Opt, class Data>
using Training = Trainer<Net, Opt, Data, DiffusionLoss<Proc, Net, Data>>;

/// The trainer that `train` runs. Throws std::invalid_argument for options that make no sense, and where process,
/// network and data do not fit. All four that it is given must outlive it.
template <class Proc, class Net, class Opt, class Data>
Training<Proc, Net, Opt, Data> start_training(const Proc& process, Net& net, const Opt& optimizer, const Data& data,
                                              const TrainOptions<Data>& options) {
  const TrainerOptions how = options.trainer();
  auto loss = on_all_ranks(how.communicator, [&] {
    how.validate(data.size());
    return DiffusionLoss<Proc, Net, Data>(process, net, data, options.loss());
  });
  const CheckedReading read(process.conditioning, data, loss.wanted());
  return {net, optimizer, data, std::move(loss), how, read};
}

}  // namespace hush
