#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <hush/io.hpp>
#include <hush/level_distributions/between_neighbours.hpp>
#include <hush/metrics/mae.hpp>
#include <hush/train.hpp>

#include "../shared/best_weights.hpp"
#include "../shared/training_run.hpp"
#include "restoring.hpp"

namespace palette {

/// An observer that restores the first validation pictures after each epoch: prints the line of the tutorials, writes
/// condition | result | truth, and keeps the weights whose mean absolute error is the least so far.
template <class Task>
class Restorations {
 public:
  Restorations(const Task& task, const Pairs<typename Task::Given>& pairs, SampleArguments how, std::int64_t count,
               std::filesystem::path run, Told model, io::TensorBoard& board)
      : task_(task),
        pairs_(pairs),
        how_(how),
        run_(std::move(run)),
        model_(std::move(model)),
        board_(board),
        best_(run_, "mae", model_.words()),
        items_(std::size_t(std::min(count, pairs.size()))) {
    std::iota(items_.begin(), items_.end(), 0);
  }
  template <class T>
  void start(const T& training) {
    log_.emplace(run_ / "restorations.csv", std::vector<std::string>{"mae", "mae_in_hole"},
                 training.step > 0 ? training.step : -1);
    best_.start(training);
  }
  template <class T>
  void epoch(const T& training, const EpochReport& report) {
    const auto now = std::chrono::steady_clock::now();
    if (items_.empty()) return;
    const auto examples = pairs_.batch(items_);
    const Images<float> made = restored(palette::process(task_, schedules(model_.preset).sample, model_.says),
                                        training.averaged, examples.given, examples.images.count, how_);
    const double mae = metrics::mae(made, examples.images).mean();
    double in_hole = std::numeric_limits<double>::quiet_NaN();
    if constexpr (requires { examples.given.hole; })
      in_hole = metrics::mae(made, examples.images, examples.given.hole).mean();
    const std::string line(59, '-');
    std::printf("%s\n| End of epoch %3d | Time: %5.2fs | Train Loss %8.3f | Valid Loss %8.3f | Valid MAE %8.3f \n%s\n",
                line.c_str(), int(report.epoch + 1), std::chrono::duration<double>(now - begin_).count(), report.loss,
                report.validation_loss, mae, line.c_str());
    std::fflush(stdout);
    log_->row(report.step, {mae, in_hole});
    io::EventScalars scalars{{"restored/mae", mae}};
    if (std::isfinite(in_hole)) scalars.emplace_back("restored/mae_in_hole", in_hole);
    board_.events().scalars(report.step, scalars);
    write_triptychs(run_ / to_text("epoch-", report.epoch + 1, ".png"), task_.shown(examples.given),
                    task_.pictures(examples.given, made), task_.pictures(examples.given, examples.images));
    best_.offer(training, report.step, mae);
    begin_ = std::chrono::steady_clock::now();
  }

 private:
  const Task& task_;
  const Pairs<typename Task::Given>& pairs_;
  SampleArguments how_;
  std::filesystem::path run_;
  Told model_;
  io::TensorBoard& board_;
  examples::BestWeights best_;
  std::vector<std::int64_t> items_;
  std::optional<io::CsvLog> log_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// `train` on a machine.
template <class B>
int train_on(const TrainArguments& a, const B& on) {
  return with_task(a.task, a.mask, [&](const auto& task) {
    Recipe recipe = palette::recipe(a.preset, task.channels);
    if (a.epochs) recipe.epochs = a.epochs;
    if (a.batch) recipe.batch = a.batch;
    if (a.rate > 0) recipe.optimizer.rate = a.rate;
    ImageSize& size = recipe.network.image;
    if (a.side) size.height = size.width = a.side;
    const SampleArguments how = with_steps({.steps = a.steps, .batch = recipe.batch}, a.preset);

    check_files(a);
    const std::string begun = io::words_of_run(a.run).value_or("split random 0");
    const SplitBy split = a.split.empty() ? split_of(begun) : SplitBy{a.split, a.split_seed};
    const auto faces = on_rank_zero_first(examples::ranks().all, [&] {  // it builds the cache
      return pictures_of(a.data, {.size = {size.height, size.width},
                                  .fit = a.crop ? data::Fit::centre_crop : data::Fit::stretch,
                                  .limit = a.limit,
                                  .corrupt = a.skip_corrupt ? data::Corrupt::skip : data::Corrupt::refuse,
                                  .cache = a.cache,
                                  .in_memory = a.cache.empty()});
    });
    io::Disk{}.make_folders(a.run);
    const auto [first, last] = parts_of(faces, a.validate, split);
    check(first.size() >= recipe.batch, "train", first.size(), " of ", faces.size(),
          " pictures are left to train on, fewer than one batch of ", recipe.batch,
          ": give a smaller --validate or --batch, or more pictures");
    const auto pairs = task.pairs(first, a.seed, a.flip), held_out = task.pairs(last, a.seed + 1, false);
    using Learned = std::remove_const_t<decltype(pairs)>;

    const auto process = palette::process(task, schedules(a.preset).train, recipe.says);
    Adm<B> unet(recipe.network, process.ports(), Seed{a.seed}, on);
    if (!a.from.empty()) {
      const Described from = described(a.from);  // task, mask and preset may be others
      if (from.says.deviation != recipe.says.deviation)
        throw FileError(a.from, to_text("is of a network that says ", code_of(describe(from.says)), ", wanted is ",
                                        code_of(describe(recipe.says))));
      examples::load(a.from, from.file, process, unet,
                     {"process.schedule", "process.conditioning", "network.config.image.height",
                      "network.config.image.width", "network.config.dropout"});
    }
    std::cout << "network of " << count_parameters(unet) << " parameters, " << pairs.size() << " pictures, "
              << recipe.epochs << " epochs of " << pairs.size() / recipe.batch << " steps" << std::endl;
    const Told model{a.task, task.mask, a.preset, recipe.says, split, a.crop, a.limit, a.validate};
    io::TensorBoard board(a.run, 10);
    const io::Stop stop({.minutes = a.minutes});
    const auto trained =
        hush::train(process, unet, recipe.optimizer, pairs,
                    TrainOptions<Learned>{.epochs = recipe.epochs,
                                          .batch = recipe.batch,
                                          .seed = a.seed,
                                          .rate = recipe.rate,
                                          .clip_gradient = recipe.clip_gradient,
                                          .ema = recipe.ema,
                                          .level_distribution = BetweenNeighbours{},
                                          .accumulate = examples::micro_batches(a.accumulate),
                                          .validation = held_out.size() ? &held_out : nullptr,
                                          .stop = std::ref(stop),
                                          .communicator = examples::ranks().all},
                    io::Checkpoints({.run = a.run,
                                     .every = a.save_every,
                                     .resume = !a.fresh,
                                     .identity = to_text(a.task, ' ', task.mask, ' ', a.preset, ' ', size, " rate ",
                                                         recipe.optimizer.rate, examples::started_from(a.from),
                                                         split.how == "last" ? "" : " split " + words_of(split),
                                                         a.crop ? " crop" : "", a.flip ? " flip" : "")}),
                    io::LossLog(a.run), board, io::TrainingBar({.what = "train"}),
                    Restorations(task, held_out, how, a.restore, a.run, model, board));

    if (examples::ranks().all.rank() > 0) return stop.exit_code();  // rank 0 writes
    examples::plot(a.run, a.task, "mean squared error of the noise");
    const auto weights = examples::weights_of(a.weights, a.run);
    io::save_model(weights, process, trained.averaged, {.dtype = io::Dtype::F16, .metadata = model.words()});
    const auto best = a.run / "best.safetensors";
    std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string()
              << (std::filesystem::exists(best) ? ", those of the best epoch in " + best.string() : "") << ", logs in "
              << a.run.string() << std::endl;
    return stop.exit_code();
  });
}

}  // namespace palette
