#pragma once
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/collectives/agreement.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/observer.hpp>
#include <hush/training/gan_trainer.hpp>
#include <hush/training/training.hpp>
#include <hush/warning.hpp>

namespace hush {

/// What `train` returns: the loss curve, the network with averaged weights (to sample from), and whether it was stopped
/// before the last epoch.
template <class Net>
struct Trained {
  std::vector<EpochReport> epochs;
  Net averaged;
  bool stopped = false;
};

namespace detail {

/// Tells an observer of a step, if it is due for it: whether the run goes on.
bool notify_of_step(auto& observer, auto& training, const StepReport& report) {
  const bool due = report.step % interval_of("train", observer) == 0 || training.finished();
  return !due || tell_step(observer, training, report);
}

template <class Observer, class Training>
constexpr bool observes_training = observes<Observer, Training, Training, StepReport> ||
                                   requires(Observer& observer, Training& training, const EpochReport& report) {
  observer.epoch(training, report);
};

/// Proves that all observers of a training are some.
template <class Training, class... Observers>
constexpr bool all_observe() {
  constexpr bool all = (observes_training<std::remove_reference_t<Observers>, Training> && ...);
  static_assert(all,
                "train: not an observer. Write any of start(training), bool step(training, const StepReport&), "
                "epoch(training, const EpochReport&), finish(training), or a function of a StepReport");
  return all;
}

template <class Training, class... Observers>
auto run_training(Training& training, Observers&... observers) -> Trained<std::remove_cvref_t<decltype(training.net)>> {
  if constexpr (HasHostKernels<typename Training::F>) warn_of_slow_kernels();
  const AnyCommunicator& ranks = training.options.communicator;
  const auto notify = [&ranks, all = std::tie(observers...)](auto&& call) {
    const auto told = [&]<class Observer>(Observer& observer) {
      if (on_every_rank<Observer> || ranks.rank() == 0) call(observer);
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { (told(std::get<sizeof...(I) - 1 - I>(all)), ...); }
    (std::index_sequence_for<Observers...>{});
  };
  [[maybe_unused]] const auto start = [&]<class Observer>(Observer& observer) {
    if constexpr (requires { observer.start(training); })
      if (on_every_rank<Observer> || ranks.rank() == 0) observer.start(training);
  };
  (interval_of("train", observers), ...);
  on_all_ranks(ranks, [&] { (start(observers), ...); });
  const auto step = [&](const StepReport& report) {
    bool stopped = false;
    notify([&](auto& observer) { stopped |= !notify_of_step(observer, training, report); });
    stopped |= training.options.stop && training.options.stop();
    if (!training.epoch_finished()) return stopped;
    const EpochReport closed = training.close_epoch();
    notify([&](auto& observer) {
      if constexpr (requires { observer.epoch(training, closed); }) observer.epoch(training, closed);
    });
    return stopped;
  };
  bool stopped = false;
  while (!training.finished() && !stopped) {
    const StepReport report = training.advance();
    stopped = on_any_rank(ranks, [&] { return step(report); });
  }
  on_all_ranks(ranks, [&] {
    notify([&](auto& observer) {
      if constexpr (requires { observer.finish(training); }) observer.finish(training);
    });
  });
  return {training.epochs, training.averaged, !training.finished()};
}

}  // namespace detail

/// Runs a trainer to its end. Observers are told what happens; each has whichever it wants of
///   start(training), step(training, StepReport), epoch(training, EpochReport), finish(training),
/// where `training` is the trainer, and `every`, the steps between two calls of `step`, or it is a function of a
/// StepReport. One whose `step` gives false ends the run there. They start from the first to the last and are told the
/// rest from the last to the first, as what is opened last is closed first: `io::Checkpoints`, named first, resumes
/// before a log opens its file and saves after the log's row. On several ranks (`TrainerOptions::communicator`)
/// observers are told on rank 0 alone, unless they say `on_every_rank`; a run that any rank ends, ends on all after the
/// same step. Throws NonFinite when the loss or a gradient is not finite, and RankFailure on all ranks where anything
/// went wrong on one.
template <class Net, class Opt, class Data, class Loss, class... Observers>
Trained<Net> train(Trainer<Net, Opt, Data, Loss>& trainer, Observers&&... observers) {
  if constexpr (detail::all_observe<Trainer<Net, Opt, Data, Loss>, Observers...>())
    return detail::run_training(trainer, observers...);
}

/// The same of two networks that learn from each other, whose observers see the generator's training.
template <class Generating, class Judging, class... Observers>
auto train(GanTrainer<Generating, Judging>& trainer, Observers&&... observers) {
  if constexpr (detail::all_observe<GanTrainer<Generating, Judging>, Observers...>())
    return detail::run_training(trainer, observers...);
}

/// Trains `net` in place to predict what the process asks for: runs the trainer of `start_training`. Throws
/// std::invalid_argument for options that make no sense, NonFinite when the loss or a gradient is not finite.
template <class Proc, class Net, class Opt, class Data, class... Observers>
Trained<Net> train(const Proc& process, Net& net, const Opt& optimizer, const Data& data,
                   const TrainOptions<Data>& options, Observers&&... observers) {
  static_assert(!std::is_const_v<Net>,
                "train: changes the network's weights in place, so the network must not be const");
  static_assert(
      Backbone<Net>,
      "train: not a Backbone. Write: template <Value V> V operator()(const Input<V>&) const, ImageSize image() "
      "const, Ports ports() const, B on() const, static void visit(auto& self, auto&& f)");
  constexpr bool updates = [] {
    if constexpr (Backbone<Net>)
      return OptimizerOn<Opt, typename Net::backend>;
    else
      return Optimizer<Opt>;
  }();
  static_assert(updates,
                "train: not an Optimizer. Write: double rate, static constexpr int moments, void validate() const, "
                "void operator()(const Update&, values, gradients, moments) const");
  static_assert(Dataset<Data>,
                "train: not a Dataset. Write: std::int64_t size() const and Images<float> batch(std::span<const "
                "std::int64_t> items) const, or Examples<Given> batch(...) for a process with a condition");
  if constexpr (!std::is_const_v<Net> && Backbone<Net> && updates && Dataset<Data>) {
    constexpr bool fits = std::is_same_v<GivenOf<Data>, typename Proc::Given>;
    static_assert(fits,
                  "train: the data set comes with another condition than the process wants. Write: "
                  "Examples<Process::Given> batch(std::span<const std::int64_t> items) const");
    if constexpr (fits) {
      if constexpr (detail::all_observe<Training<Proc, Net, Opt, Data>, Observers...>()) {
        auto training = start_training(process, net, optimizer, data, options);
        return detail::run_training(training, observers...);
      }
    }
  }
}

}  // namespace hush
