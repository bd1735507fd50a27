#pragma once
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <hush/io/logs.hpp>
#include <hush/io/number.hpp>
#include <hush/io/progress.hpp>
#include <hush/training/training.hpp>

namespace hush::io {

/// An observer of `train` that draws a progress bar with the running mean of the loss on standard error.
class TrainingBar {
 public:
  explicit TrainingBar(ProgressOptions chosen = {}) : options(std::move(chosen)) {}

  template <class T>
  void start(const T& training) {
    const std::int64_t total = training.total_steps();
    options.total = total == std::numeric_limits<std::int64_t>::max() ? 0 : total;  // without end: unknown
    options.from = training.step;
    bar = std::make_unique<Progress>(options);
  }
  template <class T>
  void step(const T& training, const StepReport& report) {
    mean = std::isnan(mean) ? report.loss : 0.98 * mean + 0.02 * report.loss;
    bar->update(1, to_text("epoch ", report.epoch + 1, '/', training.options.epochs, ", loss ", fixed(mean, 4)));
  }
  template <class T>
  void finish(const T&) {
    bar->finish();
  }

 private:
  ProgressOptions options;
  std::unique_ptr<Progress> bar;
  double mean = std::nan("");
};

/// An observer of `train` that logs to a folder: steps.csv and steps.jsonl have a row every `every` steps (step, loss,
/// rate, gradient norm), epochs.csv one an epoch (step, epoch, loss, validation loss). A resumed run continues them
/// without a step twice.
class LossLog {
 public:
  explicit LossLog(std::filesystem::path folder_, std::int64_t every_ = 1) : folder(std::move(folder_)), every(every_) {
    check(every >= 1, "LossLog", "every must be at least 1, is ", every);
  }

  template <class T>
  void start(const T& training) {
    const std::int64_t from = training.step > 0 ? training.step : -1;
    Disk{}.make_folders(folder);
    steps.emplace(folder / "steps.csv", std::vector<std::string>{"loss", "rate", "gradient_norm"}, from);
    lines.emplace(folder / "steps.jsonl", from);
    epochs.emplace(folder / "epochs.csv", std::vector<std::string>{"epoch", "loss", "validation_loss"}, from);
  }
  template <class T>
  void step(const T&, const StepReport& report) {
    if (report.step % every != 0) return;
    steps->row(report.step, {report.loss, report.rate, report.gradient_norm});
    lines->row(report.step, {{"loss", report.loss}, {"rate", report.rate}, {"gradient_norm", report.gradient_norm}});
  }
  template <class T>
  void epoch(const T&, const EpochReport& report) {
    epochs->row(report.step, {double(report.epoch + 1), report.loss, report.validation_loss});
    std::vector<std::pair<std::string, double>> values{
        {"epoch", double(report.epoch + 1)}, {"epoch_loss", report.loss}, {"validation_loss", report.validation_loss}};
    if (std::isfinite(report.validation_hole_loss))
      values.push_back({"validation_hole_loss", report.validation_hole_loss});
    lines->row(report.step, values);
  }
  template <class T>
  void finish(const T&) {
    steps->sync();
    lines->sync();
    epochs->sync();
  }

 private:
  std::filesystem::path folder;
  std::int64_t every;
  std::optional<CsvLog> steps, epochs;
  std::optional<JsonLinesLog> lines;
};

}  // namespace hush::io
